//! The local runner against the contract and against what only it can suffer.

#![expect(clippy::unwrap_used, reason = "these are tests: what goes wrong is to panic")]
#![expect(clippy::print_stdout, reason = "a test that cannot run here says why")]

mod containers;
mod costs;
mod crashes;
mod disk;
mod environments;
mod fixture;
mod set_up;

runner::contract_tests!(fixture::local);
