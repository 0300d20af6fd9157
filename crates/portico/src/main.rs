//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A shim must stay small and start fast: it never meets the command line parser nor an async runtime.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "shim") {
        return match arguments.next() {
            Some(dir) => runner::shim_main(dir.as_ref()),
            None => ExitCode::from(2),
        };
    }
    portico::cli::main()
}
