//! The verdict line: one for every judged response.

use super::alert_line::rrset_text;
use super::line::{Object, finish, put};
use super::sensor::Sensor;
use crate::chain::{Reason, Verdict};
use crate::exchange::Vantage;
use crate::packet::Transport;

/// One verdict line, without line feed. The time is that of the response.
pub fn verdict_line(verdict: &Verdict, sensor: &Sensor) -> String {
    let exchange = &verdict.exchange;
    let message = &exchange.message;
    let question = message.question.as_ref();
    let by = verdict.subject.signed_by.as_ref();
    let mut line = Object::new();
    put(&mut line, "timestamp", message.time.to_string());
    put(&mut line, "schema", "sigtap.verdict/1");
    put(&mut line, "event_type", "verdict");
    put(&mut line, "packet", message.frame.value());
    let vantage = match exchange.vantage {
        Vantage::Upstream => "upstream",
        Vantage::Downstream => "downstream",
    };
    put(&mut line, "vantage", vantage);
    put(&mut line, "resolver", exchange.resolver().to_string());
    put(&mut line, "server", exchange.server().to_string());
    let transport = match message.flow.transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    put(&mut line, "transport", transport);
    put(
        &mut line,
        "qname",
        question.map(|question| question.name.to_string()),
    );
    put(
        &mut line,
        "qtype",
        question.map(|question| question.rtype.to_string()),
    );
    put(&mut line, "rcode", message.header.rcode.to_string());
    put(&mut line, "state", verdict.state.name());
    put(&mut line, "reason", verdict.reason.map(Reason::name));
    let error = verdict.reason.and_then(Reason::extended_error);
    put(&mut line, "ede", error);
    let zone = verdict.subject.zone.as_ref();
    put(&mut line, "zone", zone.map(ToString::to_string));
    put(
        &mut line,
        "rrset",
        verdict.subject.rrset.as_ref().map(rrset_text),
    );
    put(&mut line, "key_tag", by.map(|by| by.key_tag));
    put(&mut line, "algorithm", by.map(|by| by.algorithm));
    if sensor.drill {
        put(&mut line, "drill", true);
    }
    finish(line, None)
}
