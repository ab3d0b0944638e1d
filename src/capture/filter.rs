//! BPF in user space.

use super::{Error, Frame, LinkType};
use pcap::{BpfProgram, Capture, Linktype};

/// A filter expression, compiled once for each link type that comes by.
pub(super) struct Filter {
    expression: String,
    programs: Vec<(LinkType, BpfProgram)>,
}

impl Filter {
    /// A filter that is not compiled yet.
    pub(super) const fn new(expression: String) -> Self {
        Self {
            expression,
            programs: Vec::new(),
        }
    }

    /// Whether the filter lets a frame through.
    pub(super) fn accepts(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        Ok(self.program(frame.link)?.filter(frame.octets))
    }

    /// The program for a link type; an error if libpcap cannot make one.
    pub(super) fn program(&mut self, link: LinkType) -> Result<&BpfProgram, Error> {
        let place = self.programs.iter().position(|(known, _)| *known == link);
        let place = if let Some(place) = place {
            place
        } else {
            self.programs.push((link, compile(&self.expression, link)?));
            self.programs.len() - 1
        };
        let program = self.programs.get(place).map(|(_, program)| program);
        program.ok_or_else(|| self.error(link, pcap::Error::InvalidLinktype))
    }

    fn error(&self, link: LinkType, source: pcap::Error) -> Error {
        Error::Filter {
            expression: self.expression.clone(),
            link,
            source,
        }
    }
}

/// Compiles an expression for a link type.
pub(super) fn compile(expression: &str, link: LinkType) -> Result<BpfProgram, Error> {
    let error = |source| Error::Filter {
        expression: expression.to_owned(),
        link,
        source,
    };
    // libpcap wants its own number here; on all systems but OpenBSD raw IP is 12.
    let dlt = if link == LinkType::RAW {
        12
    } else {
        i32::from(link.0)
    };
    let capture = Capture::dead(Linktype(dlt)).map_err(error)?;
    capture.compile(expression, true).map_err(error)
}
