//! A local runner with a place of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use runner::contract::RunnerFixture;
use runner::{LocalConfig, LocalRunner, Runner};

pub(crate) struct Local {
    dir: tempfile::TempDir,
}

pub(crate) fn local() -> Local {
    Local { dir: tempfile::tempdir().unwrap() }
}

impl Local {
    pub(crate) fn config(&self) -> LocalConfig {
        LocalConfig::new(self.attempts(), shim_command())
    }

    pub(crate) fn attempts(&self) -> PathBuf {
        self.data_dir().join("attempts")
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

    fn folder(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join("folders").join(name);
        fs_err::create_dir_all(&path).unwrap();
        path
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }
}

pub(crate) fn shim_command() -> Vec<OsString> {
    vec![env!("CARGO_BIN_EXE_runner-test-helper").into(), "shim".into()]
}
