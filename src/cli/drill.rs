//! Which drill is to be made.

use super::Error;
use super::args::Drill;
use super::task::now;
use crate::drill::{Order, is_known, nearest, new_seed};

pub(super) fn checked(typed: Drill) -> Result<Order, Error> {
    let name = typed.scenario;
    if !is_known(&name) {
        let nearest = nearest(&name);
        return Err(Error::NoDrill { name, nearest });
    }
    let seed = typed.seed.or_else(new_seed).ok_or(Error::NoSeed)?;
    let now = now();
    Ok(Order {
        folder: typed.out.unwrap_or_else(|| format!("drill-{name}").into()),
        scenario: name,
        zones: typed.zone,
        start: typed.start.map(|start| start.resolve(now)),
        now,
        seed,
        overwrites: typed.force,
    })
}
