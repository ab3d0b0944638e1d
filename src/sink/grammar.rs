//! How outputs are named on the command line: a place, then options after `#`.

use super::plan::{
    Api, FilePlan, Framing, HttpPlan, Login, Rotation, SPOOL_MIB, Secret, SyslogPlan, Target,
    Transport,
};
use crate::alert::Format;
use crate::signature::sha256;
use data_encoding::HEXLOWER;
use std::fmt;

/// The port of syslog.
const PORT: u16 = 514;

/// The facility `daemon` (RFC 5424 §6.2.1).
const DAEMON: u8 = 3;

/// The facilities by number, as syslog daemons name them.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv",
    "ftp", "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4",
    "local5", "local6", "local7",
];

/// What is wrong with the name of an output, in words.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// Options that are not looked at yet.
struct Options<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Options<'a> {
    fn read(text: &'a str) -> Result<Self, Unusable> {
        let pairs = text.split(',').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let wrong = || Unusable(format!("{pair} is no option: expected NAME=VALUE"));
            pair.split_once('=')
                .filter(|(_, value)| !value.is_empty())
                .ok_or_else(wrong)
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(place).1)
    }

    fn number<N: std::str::FromStr + PartialOrd + From<u8>>(
        &mut self,
        name: &str,
    ) -> Result<Option<N>, Unusable> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| *number > N::from(0));
        let wrong = || Unusable(format!("{name}={text}: expected a number from 1 on"));
        number.ok_or_else(wrong).map(Some)
    }

    fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Unusable> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        let known = words.iter().find(|(word, _)| *word == text);
        let wrong = || {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Unusable(format!("{name}={text}: expected {}", words.join(", ")))
        };
        known.map(|(_, value)| Some(*value)).ok_or_else(wrong)
    }

    fn secret(&mut self, name: &str) -> Option<Secret> {
        let file = self
            .take(&format!("{name}_file"))
            .map(|path| Secret::File(path.into()));
        file.or_else(|| {
            let name = self.take(&format!("{name}_env"))?;
            Some(Secret::Environment(name.to_owned()))
        })
    }

    fn end(self) -> Result<(), Unusable> {
        match self.0.first() {
            Some((name, _)) => Err(Unusable(format!(
                "this output has no option {name}, or not with the others"
            ))),
            None => Ok(()),
        }
    }
}

impl Target {
    /// From its name, as `--output` takes it; with the format that its lines are to have, if it
    /// names one. `none` is no target.
    pub fn parse(text: &str) -> Result<(Option<Self>, Option<Format>), Unusable> {
        let (place, options) = text.split_once('#').unwrap_or((text, ""));
        let mut options = Options::read(options)?;
        let format = options.word("format", &Format::ALL.map(|format| (format.name(), format)))?;
        let target = match place.split_once(':') {
            None if place == "stdout" => Some(Self::Stdout),
            None if place == "none" => None,
            Some(("file", path)) if !path.is_empty() => Some(file(path, &mut options)?),
            Some(("syslog", address)) => Some(Self::Syslog(syslog(address, &mut options)?)),
            Some(("http", url)) => Some(Self::Http(http(url, &mut options)?)),
            _ => {
                let wrong = "expected stdout, none, file:PATH, syslog:udp://HOST, syslog:tcp://HOST, syslog:unix:PATH or http:URL";
                return Err(Unusable(wrong.to_owned()));
            }
        };
        options.end()?;
        Ok((target, format))
    }

    /// The name of the folder of its spool: the same for the same sink.
    pub(super) fn folder(&self) -> String {
        let name = self.to_string();
        let plain: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '-'
                }
            })
            .take(60)
            .collect();
        let digest = sha256(name.as_bytes());
        format!(
            "{plain}-{}",
            HEXLOWER.encode(digest.first_chunk::<4>().unwrap_or(&[0; 4]))
        )
    }
}

/// The output without its options: secrets are none of its name.
impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => write!(out, "standard output"),
            Self::File(plan) => write!(out, "{}", plan.path.display()),
            Self::Syslog(plan) => match &plan.transport {
                Transport::Udp(address) => write!(out, "syslog:udp://{address}"),
                Transport::Tcp(address) => write!(out, "syslog:tcp://{address}"),
                Transport::Unix(path) => write!(out, "syslog:unix:{}", path.display()),
            },
            Self::Http(plan) => write!(out, "http:{}", plan.url),
        }
    }
}

fn file(path: &str, options: &mut Options<'_>) -> Result<Target, Unusable> {
    if path == "/dev/stdout" || path == "-" {
        return Ok(Target::Stdout);
    }
    Ok(Target::File(FilePlan {
        path: path.into(),
        rotation: Rotation {
            mib: options.number("rotate_mib")?,
            hours: options.number("rotate_hours")?,
            keep: options.number("keep")?.unwrap_or(Rotation::KEEP),
        },
    }))
}

fn syslog(address: &str, options: &mut Options<'_>) -> Result<SyslogPlan, Unusable> {
    let transport = match address.split_once(':') {
        Some(("unix", path)) if path.starts_with('/') => Transport::Unix(path.into()),
        Some(("udp", host)) => Transport::Udp(with_port(host)?),
        Some(("tcp", host)) => Transport::Tcp(with_port(host)?),
        _ => {
            let wrong =
                "expected syslog:udp://HOST[:PORT], syslog:tcp://HOST[:PORT] or syslog:unix:/PATH";
            return Err(Unusable(wrong.to_owned()));
        }
    };
    let framings = [("octets", Framing::Octets), ("lines", Framing::Lines)];
    let facility = options.take("facility").map_or(Ok(DAEMON), facility)?;
    Ok(SyslogPlan {
        transport,
        facility,
        framing: options
            .word("framing", &framings)?
            .unwrap_or(Framing::Octets),
        spool_mib: options.number("spool_mib")?.unwrap_or(SPOOL_MIB),
    })
}

fn facility(text: &str) -> Result<u8, Unusable> {
    let place = FACILITIES.iter().position(|name| *name == text);
    let number = place.and_then(|place| u8::try_from(place).ok());
    let number = number.or_else(|| text.parse().ok().filter(|number| *number < 24));
    number.ok_or_else(|| {
        Unusable(format!(
            "facility={text}: expected 0 to 23, or {}",
            FACILITIES.join(", ")
        ))
    })
}

/// Host and port of `//HOST[:PORT]`.
fn with_port(text: &str) -> Result<String, Unusable> {
    let host = text
        .strip_prefix("//")
        .map(|host| host.trim_end_matches('/'));
    let host = host.filter(|host| !host.is_empty() && !host.contains(['/', '@', ' ']));
    let host = host.ok_or_else(|| Unusable(format!("{text}: expected //HOST or //HOST:PORT")))?;
    let port = host.rsplit_once(':').map(|(_, port)| port);
    let has_port = port.is_some_and(|port| port.parse::<u16>().is_ok());
    let is_bare_v6 = !host.starts_with('[') && host.matches(':').count() > 1;
    Ok(match (has_port, is_bare_v6) {
        (_, true) => format!("[{host}]:{PORT}"),
        (true, false) => host.to_owned(),
        (false, false) => format!("{host}:{PORT}"),
    })
}

fn http(url: &str, options: &mut Options<'_>) -> Result<HttpPlan, Unusable> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let rest = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let rest = rest.ok_or_else(|| {
        Unusable("expected http:https://HOST/PATH or http:http://HOST/PATH".to_owned())
    })?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.contains('@') {
        let wrong =
            "a password in the address is seen by everybody: give user=NAME,password_file=PATH";
        return Err(Unusable(wrong.to_owned()));
    }
    let path = path
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_end_matches('/');
    let apis = [
        ("elasticsearch", Api::Elasticsearch),
        ("splunk", Api::Splunk),
        ("ndjson", Api::Ndjson),
    ];
    let by_path = if path == "_bulk" || path.ends_with("/_bulk") {
        Api::Elasticsearch
    } else if path.starts_with("services/collector") {
        Api::Splunk
    } else {
        Api::Ndjson
    };
    Ok(HttpPlan {
        url: url.to_owned(),
        api: options.word("api", &apis)?.unwrap_or(by_path),
        login: login(options)?,
        ca: options.take("ca").map(Into::into),
        spool_mib: options.number("spool_mib")?.unwrap_or(SPOOL_MIB),
    })
}

fn login(options: &mut Options<'_>) -> Result<Login, Unusable> {
    if let Some(user) = options.take("user") {
        let password = options.secret("password");
        let password = password.ok_or_else(|| {
            Unusable("user=NAME needs password_file=PATH or password_env=VARIABLE".to_owned())
        })?;
        return Ok(Login::Basic {
            user: user.to_owned(),
            password,
        });
    }
    let schemes = [
        ("apikey", "ApiKey"),
        ("bearer", "Bearer"),
        ("splunk", "Splunk"),
    ];
    let token = schemes.into_iter().find_map(|(name, scheme)| {
        let token = options.secret(name)?;
        Some(Login::Token { scheme, token })
    });
    Ok(token.unwrap_or(Login::None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, String> {
        match Target::parse(text) {
            Ok((target, _)) => target.ok_or_else(|| "none".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn outputs_are_named_exactly() {
        let table = [
            ("stdout", "standard output"),
            ("file:a:b", "a:b"),
            ("file:-", "standard output"),
            ("syslog:udp://log.example", "syslog:udp://log.example:514"),
            (
                "syslog:tcp://log.example:601",
                "syslog:tcp://log.example:601",
            ),
            (
                "syslog:tcp://[2001:db8::1]:601",
                "syslog:tcp://[2001:db8::1]:601",
            ),
            (
                "syslog:tcp://[2001:db8::1]",
                "syslog:tcp://[2001:db8::1]:514",
            ),
            ("syslog:tcp://2001:db8::1", "syslog:tcp://[2001:db8::1]:514"),
            ("syslog:unix:/dev/log", "syslog:unix:/dev/log"),
            (
                "http:https://es.example:9200/dnssec/_bulk?pipeline=x",
                "http:https://es.example:9200/dnssec/_bulk?pipeline=x",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(target(text).unwrap().to_string(), expected, "{text}");
        }
        let wrong = [
            "",
            "file:",
            "alerts.jsonl",
            "syslog:",
            "syslog:log.example",
            "syslog:tcp://",
            "syslog:unix:dev/log",
            "http:es.example",
            "http:https://",
            "http:https://me:secret@es.example/",
            "file:a#keep",
            "file:a#keep=0",
            "file:a#keeps=7",
            "stdout#keep=7",
            "file:a#format=xml",
            "syslog:udp://a#facility=24",
            "http:https://a/#user=me",
            "http:https://a/#apikey_env=A,bearer_env=B",
            "syslog:udp://a#framing=none",
        ];
        for text in wrong {
            assert!(target(text).is_err(), "{text:?}");
        }
        assert_eq!(Target::parse("none"), Ok((None, None)));
    }

    #[test]
    fn options_are_read() {
        let (file, format) =
            Target::parse("file:a.jsonl#rotate_mib=100,rotate_hours=24,keep=7,format=ecs").unwrap();
        let rotation = Rotation {
            mib: Some(100),
            hours: Some(24),
            keep: 7,
        };
        assert_eq!(
            file,
            Some(Target::File(FilePlan {
                path: "a.jsonl".into(),
                rotation
            }))
        );
        assert_eq!(format, Some(Format::Ecs));
        let Ok(Target::Syslog(plan)) =
            target("syslog:tcp://a#facility=local3,framing=lines,spool_mib=10")
        else {
            panic!("no syslog");
        };
        assert_eq!(
            (plan.facility, plan.framing, plan.spool_mib),
            (19, Framing::Lines, 10)
        );
        for (url, api) in [
            (
                "http:https://a/x/_bulk#user=me,password_env=P",
                Api::Elasticsearch,
            ),
            (
                "http:https://a:8088/services/collector/event#splunk_file=/p",
                Api::Splunk,
            ),
            ("http:http://a/#bearer_file=/p", Api::Ndjson),
            ("http:http://a/in#api=splunk", Api::Splunk),
        ] {
            let Ok(Target::Http(plan)) = target(url) else {
                panic!("{url}")
            };
            assert_eq!(plan.api, api, "{url}");
        }
    }

    #[test]
    fn a_sink_keeps_its_spool_whatever_its_options() {
        let folder = |text| target(text).unwrap().folder();
        assert_eq!(
            folder("syslog:tcp://a"),
            folder("syslog:tcp://a:514#facility=user")
        );
        assert_ne!(folder("syslog:tcp://a"), folder("syslog:udp://a"));
    }
}
