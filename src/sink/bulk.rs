//! What batches look like, and what collectors answer to them.

use super::courier::Fate;
use super::plan::Api;
use super::record::Record;
use serde_json::{Value, json};

/// Characters of an answer that are told.
const SAID: usize = 300;

/// The body of a request, and its media type.
pub(super) fn body(api: Api, records: &[Record], host: &str) -> (String, &'static str) {
    let mut body = String::new();
    for record in records {
        let (envelope, line) = (&record.envelope, &record.line);
        match api {
            Api::Elasticsearch => {
                let action = json!({"create": {"_id": envelope.id}});
                body.extend([&action.to_string(), "\n", line, "\n"]);
            }
            Api::Splunk => {
                let nanos = envelope.time.as_nanos();
                let (seconds, micros) = (
                    nanos.div_euclid(1_000_000_000),
                    nanos.rem_euclid(1_000_000_000) / 1000,
                );
                let host = json!(host);
                let kind = envelope.line_type.name();
                // The line goes in as it is: it is JSON.
                let event = format!(
                    "{{\"time\":{seconds}.{micros:06},\"host\":{host},\"source\":\"sigtap\",\
                     \"sourcetype\":\"sigtap:{kind}\",\"event\":{line}}}\n"
                );
                body.push_str(&event);
            }
            Api::Ndjson => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    let media = match api {
        Api::Elasticsearch | Api::Ndjson => "application/x-ndjson",
        Api::Splunk => "application/json",
    };
    (body, media)
}

/// What became of each line of a batch that the collector took.
pub(super) fn fates(api: Api, lines: usize, answer: &str) -> Result<Vec<Fate>, String> {
    match api {
        Api::Elasticsearch => of_items(lines, answer),
        Api::Splunk => {
            let read: Value = serde_json::from_str(answer).unwrap_or_default();
            match read.get("code").and_then(Value::as_i64) {
                Some(0) => Ok(vec![Fate::Taken; lines]),
                _ => Err(format!("that is no answer of Splunk: {}", said(answer))),
            }
        }
        Api::Ndjson => Ok(vec![Fate::Taken; lines]),
    }
}

/// The answer of `_bulk` tells of each line, in order.
fn of_items(lines: usize, answer: &str) -> Result<Vec<Fate>, String> {
    let read: Value = serde_json::from_str(answer).unwrap_or_default();
    let items = read
        .get("items")
        .and_then(Value::as_array)
        .filter(|items| items.len() == lines);
    let items = items.ok_or_else(|| format!("that is no answer of _bulk: {}", said(answer)))?;
    items.iter().map(of_item).collect()
}

fn of_item(item: &Value) -> Result<Fate, String> {
    let item = item
        .as_object()
        .and_then(|item| item.values().next())
        .unwrap_or(&Value::Null);
    let status = item
        .get("status")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let error = item.get("error").unwrap_or(&Value::Null);
    match status {
        // 409: it is there already, since an answer got lost.
        200..=299 | 409 => Ok(Fate::Taken),
        429 | 500..=599 => Ok(Fate::Later),
        // The index or the right to write to it is missing, whatever the line.
        401 | 403 | 404 => Err(format!(
            "it answers {status} for a line: {}",
            said(&error.to_string())
        )),
        400..=499 => Ok(Fate::Refused(format!(
            "{status}: {}",
            said(&error.to_string())
        ))),
        _ => Err(format!(
            "that is no answer of _bulk: {}",
            said(&item.to_string())
        )),
    }
}

/// The begin of an answer, for a sentence.
pub(super) fn said(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SAID)
        .collect();
    let text = text.trim();
    if text.is_empty() {
        "nothing more".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Envelope, LineType, Severity};
    use crate::time::Timestamp;

    fn record() -> Record {
        Record {
            envelope: Envelope {
                line_type: LineType::Alert,
                severity: Severity::High,
                time: Timestamp::new(1_764_000_000, 123_456_789),
                id: "abc".to_owned(),
            },
            line: r#"{"a":1}"#.to_owned(),
        }
    }

    #[test]
    fn bodies_are_what_collectors_take() {
        let records = [record()];
        let table = [
            (
                Api::Elasticsearch,
                "{\"create\":{\"_id\":\"abc\"}}\n{\"a\":1}\n",
            ),
            (
                Api::Splunk,
                "{\"time\":1764000000.123456,\"host\":\"tap \\\"1\\\"\",\"source\":\"sigtap\",\"sourcetype\":\"sigtap:alert\",\"event\":{\"a\":1}}\n",
            ),
            (Api::Ndjson, "{\"a\":1}\n"),
        ];
        for (api, expected) in table {
            assert_eq!(body(api, &records, "tap \"1\"").0, expected);
        }
    }

    #[test]
    fn each_line_of_a_bulk_answer_has_its_own_fate() {
        let answer = r#"{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{}}},
            {"create":{"status":429,"error":{}}},{"create":{"status":400,"error":{"type":"mapper_parsing_exception"}}}]}"#;
        let fates = fates(Api::Elasticsearch, 4, answer).unwrap();
        assert_eq!(fates[..3], [Fate::Taken, Fate::Taken, Fate::Later]);
        assert!(matches!(&fates[3], Fate::Refused(why) if why.contains("mapper_parsing")));
    }

    #[test]
    fn an_answer_of_somebody_else_takes_nothing() {
        for answer in [
            "",
            "<html>",
            r#"{"items":[]}"#,
            r#"{"items":[{"create":{"status":404}}]}"#,
            r#"{"items":[{}]}"#,
        ] {
            assert!(fates(Api::Elasticsearch, 1, answer).is_err(), "{answer}");
        }
        assert!(fates(Api::Splunk, 1, r#"{"text":"Success","code":0}"#).is_ok());
        assert!(fates(Api::Splunk, 1, r#"{"text":"Server is busy","code":9}"#).is_err());
    }
}
