//! The local runner against the contract and against what only it can suffer.

#![expect(clippy::unwrap_used, reason = "these are tests: what goes wrong is to panic")]

mod crashes;
mod fixture;
mod set_up;

// What not every machine can test is ignored, in a module that names what it needs: `./test` runs these where it is
// there, and says at its end that it was not.
mod as_root {
    mod disk;
    mod mounts;
}
mod with_podman {
    mod containers;
}
mod with_uv {
    mod environments;
}
// And what is run by hand only, see .config/nextest.toml.
mod by_hand {
    mod costs;
}

runner::contract_tests!(fixture::local);
