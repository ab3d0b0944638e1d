//! Batches over HTTP and HTTPS.

use super::bulk;
use super::courier::{Courier, Fate, Trouble};
use super::error::Error;
use super::plan::{HttpPlan, Login, Secret};
use super::record::Record;
use data_encoding::BASE64;
use std::env;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take until somebody listens.
const CONNECTING: Duration = Duration::from_secs(10);

/// Octets of an answer that are read: Elasticsearch tells of each line.
const ANSWER: u64 = 16 << 20;

/// Octets of one request, at most, but for one line.
const REQUEST: usize = 4 << 20;

/// Where systems keep the certificates that they trust.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Brings lines to a collector.
pub(super) struct Http {
    plan: HttpPlan,
    agent: Agent,
    host: String,
}

/// What a collector answered.
struct Answer {
    status: StatusCode,
    pause: Option<Duration>,
    text: String,
}

impl Http {
    /// Reads the certificates, and looks whether the secret is there.
    pub(super) fn new(plan: &HttpPlan, host: &str) -> Result<Self, Error> {
        authorization(&plan.login)?;
        let provider = rustls::crypto::ring::default_provider();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(roots(plan)?)
            .unversioned_rustls_crypto_provider(Arc::new(provider))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // A batch is for the one that was named.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECTING))
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("sigtap/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            plan: plan.clone(),
            agent: config.new_agent(),
            host: host.to_owned(),
        })
    }

    fn post(&self, records: &[Record]) -> Result<Answer, Trouble> {
        let (body, media) = bulk::body(self.plan.api, records, &self.host);
        let mut request = self
            .agent
            .post(&self.plan.url)
            .header("Content-Type", media);
        // Read anew each time, so that a secret may be changed under way.
        let header = authorization(&self.plan.login);
        if let Some(header) = header.map_err(|error| Trouble::new(error.to_string()))? {
            request = request.header("Authorization", header);
        }
        let failed = |error: ureq::Error| Trouble::new(error.to_string());
        let mut response = request.send(&body).map_err(failed)?;
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER)
            .lossy_utf8(true)
            .read_to_string();
        Ok(Answer {
            status: response.status(),
            pause: pause(response.headers()),
            text: text.map_err(failed)?,
        })
    }

    /// Brings records that make one request. Where the collector does not take it for what it
    /// holds, halves are tried, so that the line that spoils it is found.
    fn bring(&self, records: &[Record]) -> Result<Vec<Fate>, Trouble> {
        let answer = self.post(records)?;
        let (status, said) = (answer.status, bulk::said(&answer.text));
        match status.as_u16() {
            200..=299 => {
                bulk::fates(self.plan.api, records.len(), &answer.text).map_err(Trouble::new)
            }
            400 | 413 | 422 => {
                let refusal = format!("{status}: {said}");
                if let [_] = records {
                    return Ok(vec![Fate::Refused(refusal)]);
                }
                let (one, two) = records.split_at(records.len() / 2);
                let mut fates = self.bring(one)?;
                fates.extend(self.bring(two)?);
                Ok(fates)
            }
            429 | 500..=599 => Err(Trouble {
                why: format!("it answers {status}: {said}"),
                pause: answer.pause,
            }),
            401 | 403 => Err(Trouble::new(format!(
                "it answers {status}: {said}; look at the secret and at what it may do"
            ))),
            _ => Err(Trouble::new(format!(
                "it answers {status}: {said}; look at the address"
            ))),
        }
    }
}

impl Courier for Http {
    fn deliver(&mut self, records: &[Record]) -> Result<Vec<Fate>, Trouble> {
        let mut fates = Vec::new();
        while let Some(rest) = records.get(fates.len()..).filter(|rest| !rest.is_empty()) {
            let octets = rest.iter().scan(0, |octets, record| {
                *octets += record.line.len();
                Some(*octets)
            });
            let count = octets
                .take_while(|octets| *octets <= REQUEST)
                .count()
                .max(1);
            match self.bring(rest.get(..count).unwrap_or(rest)) {
                Ok(more) => fates.extend(more),
                // What came before it is not brought again.
                Err(trouble) if fates.is_empty() => return Err(trouble),
                Err(_) => fates.resize(records.len(), Fate::Later),
            }
        }
        Ok(fates)
    }
}

/// The certificates that the collector is trusted by.
fn roots(plan: &HttpPlan) -> Result<RootCerts, Error> {
    if !plan.url.starts_with("https:") {
        return Ok(RootCerts::new_with_certs(&[]));
    }
    let paths = plan
        .ca
        .as_deref()
        .map_or_else(|| SYSTEM.map(Path::new).to_vec(), |path| vec![path]);
    let path = paths
        .iter()
        .find(|path| path.exists())
        .or(paths.first())
        .copied()
        .unwrap_or(Path::new(""));
    let unusable = |why: String| Error::Certificates {
        path: path.to_path_buf(),
        why,
    };
    let text = fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let mut known: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&text) {
        let item = item.map_err(|error| unusable(error.to_string()))?;
        if let PemItem::Certificate(certificate) = item {
            known.push(certificate);
        }
    }
    if known.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(RootCerts::new_with_certs(&known))
}

/// The `Authorization` header.
fn authorization(login: &Login) -> Result<Option<String>, Error> {
    Ok(match login {
        Login::None => None,
        Login::Basic { user, password } => {
            let both = format!("{user}:{}", read(password)?);
            Some(format!("Basic {}", BASE64.encode(both.as_bytes())))
        }
        Login::Token { scheme, token } => Some(format!("{scheme} {}", read(token)?)),
    })
}

fn read(secret: &Secret) -> Result<String, Error> {
    let text = match secret {
        Secret::File(path) => fs::read_to_string(path).map_err(|error| error.to_string()),
        Secret::Environment(name) => env::var(name).map_err(|error| error.to_string()),
    };
    let unusable = |why: String| Error::Secret {
        secret: secret.clone(),
        why,
    };
    let text = text.map_err(unusable)?;
    let first = text.lines().next().unwrap_or_default().trim();
    if first.is_empty() || !first.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err(unusable("its first line is no secret".to_owned()));
    }
    Ok(first.to_owned())
}

/// The seconds of `Retry-After` (RFC 9110 §10.2.3); a date there is not understood.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let secret = Secret::Environment("PATH".to_owned());
        let value = read(&secret).unwrap();
        assert!(!format!("{secret:?}").contains(&value));
        let missing = Secret::Environment("SIGTAP_NO_SUCH_VARIABLE".to_owned());
        assert!(read(&missing).is_err());
    }
}
