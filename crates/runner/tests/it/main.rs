//! The local runner against the contract and against what only it can suffer.

mod crashes;
mod fixture;

runner::contract_tests!(fixture::local);
