//! What the tests start as processes of their own: `shim DIR`, and `start DATA ATTEMPT SCRIPT`, a server that starts
//! one attempt, says so and waits to be killed.

use std::path::PathBuf;
use std::process::ExitCode;

use folders::Layout;
use runner::{AttemptSpec, LocalConfig, LocalRunner, Runner};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["shim", dir] => runner::shim_main(&PathBuf::from(dir)),
        ["start", data, attempt, script] => start_and_wait(data, attempt, script),
        _ => ExitCode::from(2),
    }
}

#[tokio::main]
async fn start_and_wait(data: &str, attempt: &str, script: &str) -> ExitCode {
    let Ok(exe) = std::env::current_exe() else { return ExitCode::FAILURE };
    let config = LocalConfig::new(Layout::new(data), vec![exe.into(), "shim".into()]);
    let Ok(runner) = LocalRunner::new(config) else { return ExitCode::FAILURE };
    if runner.start(&AttemptSpec::new(attempt, script)).await.is_err() {
        return ExitCode::FAILURE;
    }
    #[expect(clippy::print_stdout, reason = "the test waits for this line")]
    {
        println!("started");
    }
    std::future::pending().await
}
