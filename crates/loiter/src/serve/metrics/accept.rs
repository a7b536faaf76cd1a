//! What a scraper wants to read.

use super::Format;

/// Which form an `Accept` header asks for. OpenMetrics only for those who name it, and do not
/// like the other one better.
pub(super) fn read(accept: &str) -> Format {
    let mut open_metrics: f32 = 0.0;
    let mut prometheus: f32 = 0.0;
    for choice in accept.split(',') {
        let mut parts = choice.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .and_then(|weight| weight.parse().ok())
            .unwrap_or(1.0);
        if kind.eq_ignore_ascii_case("application/openmetrics-text") {
            open_metrics = open_metrics.max(weight);
        } else if kind.eq_ignore_ascii_case("text/plain") {
            prometheus = prometheus.max(weight);
        }
    }
    match open_metrics > 0.0 && open_metrics >= prometheus {
        true => Format::OpenMetrics,
        false => Format::Prometheus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_for_those_who_name_it() {
        for (accept, format) in [
            ("", Format::Prometheus),
            ("*/*", Format::Prometheus),
            (
                "text/html,application/xhtml+xml,*/*;q=0.8",
                Format::Prometheus,
            ),
            ("text/plain;version=0.0.4", Format::Prometheus),
            // Prometheus 2.42.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            // Prometheus 3 with its own text preferred.
            (
                "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6, application/openmetrics-text;version=1.0.0;q=0.5",
                Format::Prometheus,
            ),
            (
                "application/openmetrics-text; version=1.0.0; q=0",
                Format::Prometheus,
            ),
            ("Application/OpenMetrics-Text", Format::OpenMetrics),
        ] {
            assert_eq!(read(accept), format, "{accept}");
        }
    }
}
