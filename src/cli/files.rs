//! What stands in the files that the user names.

use super::Error;
use crate::alert::KnownBogus;
use crate::chain::anchor::TrustAnchors;
use crate::message::{Rrset, Rtype, zone_file};
use crate::portfolio::Portfolio;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The trust anchors of these files, or those of the root if there are none.
pub(super) fn trust_anchors(paths: &[PathBuf]) -> Result<TrustAnchors, Error> {
    if paths.is_empty() {
        return Ok(TrustAnchors::built_in());
    }
    Ok(TrustAnchors::load(paths)?)
}

/// The signed DS and DNSKEY RRsets of these files, parents first.
pub(super) fn zone_data(paths: &[PathBuf]) -> Result<Vec<Rrset>, Error> {
    let mut all = Vec::new();
    for path in paths {
        let text = text("zone data", path)?;
        let mut sets = parsed(path, &text)?;
        sets.retain(|set| {
            matches!(set.rtype, Rtype::DS | Rtype::DNSKEY) && !set.signatures.is_empty()
        });
        if sets.is_empty() {
            let path = path.clone();
            return Err(Error::NoZoneData { path });
        }
        all.append(&mut sets);
    }
    // Parents first, and of one owner the DS set before the keys that it vouches for.
    all.sort_by(|a: &Rrset, b| (&a.owner, a.rtype.number()).cmp(&(&b.owner, b.rtype.number())));
    Ok(all)
}

/// The DNSKEY RRsets of these files, signed or not.
pub(super) fn keys(paths: &[PathBuf]) -> Result<Vec<Rrset>, Error> {
    let mut all = Vec::new();
    for path in paths {
        let text = text("keys", path)?;
        all.append(&mut parsed(path, &text)?);
    }
    all.retain(|set| set.rtype == Rtype::DNSKEY);
    Ok(all)
}

/// The domains that are broken on purpose: the well-known ones, and those of the file.
pub(super) fn known_bogus(path: Option<&Path>) -> Result<KnownBogus, Error> {
    let mut known = KnownBogus::default();
    if let Some(path) = path {
        let list = text("known bogus domains", path)?;
        known.extend(&list).map_err(|source| Error::KnownBogus {
            path: path.to_path_buf(),
            source,
        })?;
    }
    Ok(known)
}

/// What the operator says of zones and resolvers.
pub(super) fn portfolio(path: Option<&Path>) -> Result<Portfolio, Error> {
    let Some(path) = path else {
        return Ok(Portfolio::default());
    };
    let text = text("portfolio", path)?;
    Portfolio::parse(&text).map_err(|source| Error::Portfolio {
        path: path.to_path_buf(),
        source,
    })
}

pub(super) fn text(what: &'static str, path: &Path) -> Result<String, Error> {
    let octets = octets(what, path)?;
    String::from_utf8(octets).map_err(|_| Error::NotText {
        what,
        path: path.to_path_buf(),
    })
}

/// All of a file; `-` is standard input.
pub(super) fn octets(what: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    let octets = if path == Path::new("-") {
        let mut octets = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut octets);
        read.map(|_| octets)
    } else {
        fs::read(path)
    };
    octets.map_err(|source| Error::Unreadable {
        what,
        path: path.to_path_buf(),
        source,
    })
}

fn parsed(path: &Path, text: &str) -> Result<Vec<Rrset>, Error> {
    zone_file::parse(text).map_err(|source| Error::ZoneData {
        path: path.to_path_buf(),
        source,
    })
}
