//! The stories, each as its incident went.

mod caches;
mod delegation;
mod outages;
mod paths;
mod resolvers;
mod rollovers;

use super::sheet::Scenario;

/// All scenarios, in the order in which they are listed.
pub(super) const ALL: [&Scenario; 21] = [
    &outages::EXPIRED,
    &outages::SIGNER_DOWN,
    &outages::SERVER_LAGS,
    &outages::SERVERS_DOWN,
    &outages::TLD_BROKEN,
    &rollovers::DS_MISMATCH,
    &rollovers::ALGORITHM_TOO_SOON,
    &caches::KSK_REMOVED_EARLY,
    &caches::STANDBY_SIGNER,
    &caches::DS_WITHDRAWN_EARLY,
    &rollovers::PROVIDER_MOVE,
    &rollovers::PROVIDER_MOVE_WRONG,
    &delegation::HIJACK,
    &delegation::HIJACK_UNSIGNED,
    &delegation::UNANNOUNCED_DS,
    &paths::STRIPPED,
    &paths::FORGED,
    &paths::SPOOFED,
    &resolvers::NOT_VALIDATING,
    &resolvers::WRONG_CLOCK,
    &resolvers::ROOT_ROLLOVER,
];
