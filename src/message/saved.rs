//! How messages and what stands in them are written down, to be read again by a later run.
//!
//! What comes back is held to the same rules as what comes off the wire: a state file is no
//! more to be believed than a packet.

use super::decode::decode;
use super::name::Name;
use super::rdata::Dnskey;
use super::{Malformed, Message};
use crate::capture::FrameNumber;
use crate::packet::{Flow, Payload};
use crate::time::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// Octets as base64.
pub(super) mod octets {
    use data_encoding::BASE64;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::message) fn serialize<S: Serializer>(
        octets: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&BASE64.encode_display(octets))
    }

    pub(in crate::message) fn deserialize<'de, D: Deserializer<'de>, O: From<Vec<u8>>>(
        deserializer: D,
    ) -> Result<O, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
        Ok(octets.into())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl Serialize for Dnskey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        octets::serialize(self.rdata(), serializer)
    }
}

impl<'de> Deserialize<'de> for Dnskey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rdata: Vec<u8> = octets::deserialize(deserializer)?;
        Self::parse(&rdata).ok_or_else(|| D::Error::custom("not a DNSKEY"))
    }
}

/// A message as its octets: it is taken apart anew when it is read. The number of its frame means
/// something in its own run only, and is left out.
#[derive(Deserialize, Serialize)]
struct Saved<'a> {
    time: Timestamp,
    flow: Flow,
    vlan: Cow<'a, [u16]>,
    #[serde(with = "octets")]
    octets: Cow<'a, [u8]>,
    is_incomplete: bool,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let saved = Saved {
            time: self.time,
            flow: self.flow,
            vlan: Cow::Borrowed(&self.vlan),
            octets: Cow::Borrowed(&self.octets),
            is_incomplete: self.is_incomplete,
        };
        saved.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        let payload = Payload {
            frame: FrameNumber::default(),
            time: saved.time,
            flow: saved.flow,
            vlan: saved.vlan.into_owned(),
            octets: saved.octets.into_owned(),
            is_incomplete: saved.is_incomplete,
        };
        decode(&payload).map_err(|malformed| {
            D::Error::custom(match malformed {
                Malformed::Header => "not a DNS message: no header",
                Malformed::Question => "not a DNS message: no question",
            })
        })
    }
}
