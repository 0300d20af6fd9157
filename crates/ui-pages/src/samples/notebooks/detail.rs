//! Samples of [`NotebookPage`].

use crate::components::{LogView, Note, Status, Tone};
use crate::notebooks::{NotebookActions, NotebookPage, NotebookTab, Packages};
use crate::samples::{self, Samples};

impl Samples for NotebookPage {
    const NAME: &'static str = "notebook";

    fn samples() -> Vec<(&'static str, Self)> {
        let open = |status, overview| super::page(status, NotebookTab::Overview(Box::new(overview)));
        let mut idle = super::ready();
        idle.idle = Some(super::idle_warning());
        let mut stopped = super::ready();
        stopped.stages.clear();
        stopped.meters.clear();
        stopped.outcome = Some(Note::new(
            Tone::Info,
            "Stopped after 60 minutes without use.",
            "Your files and packages are kept. Start it again to go on.",
        ));
        let mut new = stopped.clone();
        new.outcome = None;
        new.events.clear();
        new.packages = Some(Packages { folder: "~/.local".into(), ..Packages::default() });
        new.env.clear();
        let mut others = open(Status::Ready, super::ready());
        others.is_own = false;
        others.owner = samples::who("Grace Hopper");
        others.opens = None;
        others.actions = NotebookActions { stop: others.actions.stop, ..NotebookActions::default() };
        if let NotebookTab::Overview(overview) = &mut others.tab {
            overview.packages = None;
        }
        let mut stopping = super::ready();
        stopping.meters.clear();
        let log = |total, complete, note: Option<&str>| LogView {
            run: "1".into(),
            base: "/g/vision/notebooks/nb-4k2p9x7q/log".into(),
            total,
            complete,
            note: note.map(Into::into),
        };
        let logs = |status, log| super::page(status, NotebookTab::Logs(log));
        vec![
            ("queued", open(Status::Waiting, super::queued())),
            ("preparing", open(Status::Preparing, super::preparing())),
            ("starting", open(Status::Starting, super::starting())),
            ("ready", open(Status::Ready, super::ready())),
            ("idle", open(Status::Ready, idle)),
            ("stopping", open(Status::Stopping, stopping)),
            ("stopped", open(Status::Stopped, stopped)),
            ("never-started", open(Status::Stopped, new)),
            ("failed", open(Status::Failed, super::failed())),
            ("of-somebody-else", others),
            ("logs", logs(Status::Ready, log(120, false, None))),
            (
                "logs-empty",
                logs(Status::Waiting, log(0, false, Some("The log begins when the notebook starts."))),
            ),
        ]
    }
}
