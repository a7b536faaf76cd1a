//! How long things took.

use loiter_model::{Distribution, Nanos, Quantiles};

use super::BadMessage;
use crate::v1;

impl From<Quantiles> for v1::Quantiles {
    fn from(quantiles: Quantiles) -> Self {
        Self {
            count: quantiles.count,
            p50_ns: quantiles.p50.0,
            p90_ns: quantiles.p90.0,
            p99_ns: quantiles.p99.0,
            max_ns: quantiles.max.0,
        }
    }
}

impl From<v1::Quantiles> for Quantiles {
    fn from(quantiles: v1::Quantiles) -> Self {
        Self {
            count: quantiles.count,
            p50: Nanos(quantiles.p50_ns),
            p90: Nanos(quantiles.p90_ns),
            p99: Nanos(quantiles.p99_ns),
            max: Nanos(quantiles.max_ns),
        }
    }
}

impl From<&Distribution> for v1::Distribution {
    fn from(distribution: &Distribution) -> Self {
        let (index, count) = distribution.sparse().unzip();
        Self { index, count }
    }
}

impl TryFrom<v1::Distribution> for Distribution {
    type Error = BadMessage;

    fn try_from(distribution: v1::Distribution) -> Result<Self, BadMessage> {
        let v1::Distribution { index, count } = distribution;
        if index.len() != count.len() {
            return Err(BadMessage::value(
                "Distribution.count",
                format_args!("{} values", count.len()),
                "not as many as `Distribution.index`",
            ));
        }
        Ok(Self::from_sparse(index.into_iter().zip(count)))
    }
}
