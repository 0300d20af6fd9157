//! A local runner with a place of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use base::{GroupId, UserId};
use folders::Layout;
use runner::contract::RunnerFixture;
use runner::{LocalConfig, LocalRunner, Runner, Volume};

pub(crate) struct Local {
    dir: tempfile::TempDir,
}

pub(crate) fn local() -> Local {
    Local { dir: tempfile::tempdir().unwrap() }
}

impl Local {
    pub(crate) fn config(&self) -> LocalConfig {
        LocalConfig::new(self.layout(), shim_command())
    }

    pub(crate) fn attempts(&self) -> PathBuf {
        self.layout().attempts()
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.data_dir())
    }

    pub(crate) fn local_runner(&self) -> LocalRunner {
        LocalRunner::new(self.config()).unwrap()
    }
}

impl RunnerFixture for Local {
    fn runner(&self) -> Arc<dyn Runner> {
        Arc::new(self.local_runner())
    }

    fn restarted(&self) -> Arc<dyn Runner> {
        self.runner()
    }

    fn volume(&self, name: &str) -> Volume {
        volume(name)
    }

    fn folder(&self, name: &str) -> PathBuf {
        folder(&self.layout(), name)
    }

    fn log_file(&self, attempt: &str) -> PathBuf {
        self.attempts().join(attempt).join("log")
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }
}

/// A home for each name.
fn home(name: &str) -> (GroupId, UserId) {
    let person = name.bytes().fold(0_u128, |number, byte| number.wrapping_mul(257) + u128::from(byte));
    (format!("{:032x}", 1).parse().unwrap(), format!("{person:032x}").parse().unwrap())
}

pub(crate) fn volume(name: &str) -> Volume {
    let (group, person) = home(name);
    Volume::Home { group, person }
}

/// Where a volume lies, there by now.
pub(crate) fn folder(layout: &Layout, name: &str) -> PathBuf {
    let (group, person) = home(name);
    let path = layout.home(group, person);
    fs_err::create_dir_all(&path).unwrap();
    path
}

pub(crate) fn shim_command() -> Vec<OsString> {
    vec![env!("CARGO_BIN_EXE_runner-test-helper").into(), "shim".into()]
}
