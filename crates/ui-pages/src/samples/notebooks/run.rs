//! Samples of [`NotebookRunPage`].

use crate::components::{Field, Link, Tab};
use crate::frame::Entry;
use crate::jobs::EnvRow;
use crate::notebooks::{NotebookFolder, NotebookRunForm, NotebookRunPage, NotebookRunStep};
use crate::samples::{self, Samples};

impl Samples for NotebookRunPage {
    const NAME: &'static str = "notebook-run";

    fn samples() -> Vec<(&'static str, Self)> {
        let url = "/g/vision/notebooks/run";
        let page = |step| Self {
            frame: samples::frame("Run a notebook as a job", Entry::Notebooks),
            action: url.into(),
            cancel_url: "/g/vision/notebooks".into(),
            side_url: "/g/vision/jobs/side".into(),
            error: None,
            step,
        };
        let link = |name: &str| Link::new(name, format!("{url}?path={name}"));
        let folder = NotebookFolder {
            places: vec![Tab::new("My home", url, false), Tab::new("Shared files", url, true)],
            path: "/project/vision/digits".into(),
            above: Some(Link::new("/project/vision", url)),
            folders: vec![link("data"), link("reports")],
            notebooks: vec![link("train.ipynb"), link("a very long name of a notebook ".repeat(6).as_str())],
            is_cut: true,
        };
        let empty = NotebookFolder {
            places: vec![Tab::new("My home", url, true), Tab::new("Shared files", url, false)],
            path: "~".into(),
            ..NotebookFolder::default()
        };
        let row = |name: &str, value: &str| EnvRow { name: Field::new(name), value: Field::new(value) };
        let form = NotebookRunForm {
            path: Field::new("/project/vision/digits/train.ipynb"),
            choose_url: url.into(),
            name: Field::new("train"),
            instance_types: samples::type_cards("gpu-1"),
            images: samples::image_cards("pytorch-cpu"),
            parameters: vec![row("rate", "0.1"), row("name", "baseline")],
            timeout: Field::new("24"),
            timeout_units: samples::units("hours"),
            timeout_help: "0 means no limit. The group's default is 24 hours.".into(),
            side: samples::quota([4.0, 16.0, 1.0]),
            ..NotebookRunForm::default()
        };
        let wrong = NotebookRunForm {
            path: Field::bad("~/../x.ipynb", "The path climbs out with “..”. Name the file by its own path."),
            parameters_error: Some("“a b” can't be a parameter's name. Use letters, digits and _.".into()),
            image_error: Some("Choose an image.".into()),
            ..form.clone()
        };
        vec![
            ("choose", page(NotebookRunStep::Choose(folder))),
            ("choose-empty", page(NotebookRunStep::Choose(empty))),
            ("form", page(NotebookRunStep::Form(Box::new(form)))),
            ("errors", page(NotebookRunStep::Form(Box::new(wrong)))),
        ]
    }
}
