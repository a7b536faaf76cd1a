//! The right source for a place.

use std::sync::Arc;

use super::{At, Attached, Credentials, Recorded, Source, SourceError, Where};

/// Opens what tasks are read from. An endpoint is not contacted before the first question, and
/// asked anew who answers there whenever the [target](Source::target) is asked for. A file speaks of
/// its end, and to everybody: of credentials it takes no notice.
///
/// # Errors
/// When a file is not what it is taken for.
pub fn open(place: &Where, credentials: &Credentials) -> Result<Arc<dyn Source>, SourceError> {
    open_at(place, None, credentials)
}

/// The same, with a file that speaks of a certain time.
///
/// # Errors
/// When a file is not what it is taken for, and [`SourceError::CannotTell`] when a program is to
/// speak of another time than now.
pub fn open_at(
    place: &Where,
    at: Option<At>,
    credentials: &Credentials,
) -> Result<Arc<dyn Source>, SourceError> {
    match (place, at) {
        (Where::File(path), at) => Ok(Arc::new(Recorded::open(path, at.unwrap_or_default())?)),
        (Where::Endpoint(endpoint), None) => {
            let attached = Attached::new(endpoint.clone(), credentials.clone());
            Ok(Arc::new(attached))
        }
        (Where::Endpoint(endpoint), Some(_)) => Err(SourceError::CannotTell {
            endpoint: endpoint.to_string(),
            what: "of another time than now; name a file of `loiter record`".to_owned(),
        }),
    }
}
