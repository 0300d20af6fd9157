//! The local runner against the contract and against what only it can suffer.

mod crashes;
mod disk;
mod fixture;
mod set_up;

runner::contract_tests!(fixture::local);
