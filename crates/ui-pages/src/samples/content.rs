//! Samples of [`ContentPage`].

use crate::components::Link;
use crate::content::ContentPage;
use crate::samples::Samples;

impl Samples for ContentPage {
    const NAME: &'static str = "content";

    fn samples() -> Vec<(&'static str, Self)> {
        let sample = |title: &str, status, what: &str, hint: &str| Self {
            title: title.into(),
            status,
            what: what.into(),
            hint: hint.into(),
            way_out: Link::new("Its page in Portico", "/g/vision/notebooks/nb-7f3kq2xw"),
            is_busy: status == 503,
        };
        vec![
            (
                "404",
                sample(
                    "Nothing is here",
                    404,
                    "There is no workload of this name here, or you may not see it.",
                    "",
                ),
            ),
            (
                "starting",
                sample(
                    "Starting",
                    503,
                    "The workload is starting.",
                    "This page opens it as soon as it answers.",
                ),
            ),
        ]
    }
}
