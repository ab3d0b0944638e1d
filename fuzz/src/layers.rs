//! Frames of every link type.

use super::choices::Choices;
use super::records::MOMENT;
use sigtap::capture::{Frame, FrameNumber, LinkType};
use sigtap::packet::{Piece, Ports, Skip, take_apart};

/// The link types that are read, and one that is not.
pub const LINKS: [u16; 12] = [1, 101, 113, 276, 0, 108, 228, 229, 12, 14, 147, 105];

/// The link type, by its place in [`LINKS`]; how much the snap length cut off; the frame.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let link = LINKS.get(choices.below(LINKS.len())).copied();
    let link = LinkType(link.unwrap_or_default());
    let cut = usize::from(choices.u8());
    let octets = choices.rest();
    let whole = taken(link, octets, octets.len());
    let kept = octets
        .get(..octets.len().saturating_sub(cut))
        .unwrap_or_default();
    let part = taken(link, kept, octets.len());
    if part == Err(Skip::MalformedLink) {
        assert_eq!(whole, part, "a cut makes no frame malformed");
    }
    if let (Ok(whole), Ok(part)) = (whole, part) {
        follows(&whole, &part);
    }
}

fn taken(link: LinkType, octets: &[u8], on_the_wire: usize) -> Result<Piece<'_>, Skip> {
    let frame = Frame {
        number: FrameNumber::new(1),
        time: MOMENT,
        link,
        original_octets: u32::try_from(on_the_wire).unwrap_or(u32::MAX),
        octets,
    };
    let piece = take_apart(&frame, &Ports::default())?;
    let carried = match piece {
        Piece::Datagram(datagram) => datagram.octets.len(),
        Piece::Fragment(fragment) => {
            assert!(fragment.octets.len() <= fragment.wire_octets.try_into().unwrap_or(0));
            assert!(fragment.offset + fragment.wire_octets <= 65_535 + 40);
            fragment.octets.len()
        }
        Piece::Segment(segment) => {
            assert!(segment.octets.len() <= segment.wire_octets.try_into().unwrap_or(0));
            segment.octets.len()
        }
    };
    assert!(carried < octets.len(), "a header has octets, too");
    Ok(piece)
}

/// A frame that is cut carries the same, or less.
fn follows(whole: &Piece<'_>, part: &Piece<'_>) {
    match (whole, part) {
        (Piece::Datagram(whole), Piece::Datagram(part)) => {
            assert_eq!(whole.flow, part.flow);
            assert!(whole.octets.starts_with(part.octets));
            assert!(part.is_incomplete || whole.octets == part.octets);
        }
        (Piece::Fragment(whole), Piece::Fragment(part)) => {
            assert_eq!(whole.offset, part.offset);
            assert!(whole.octets.starts_with(part.octets));
        }
        (Piece::Segment(whole), Piece::Segment(part)) => {
            assert_eq!(whole.flow, part.flow);
            assert!(whole.octets.starts_with(part.octets));
        }
        _ => assert_eq!(whole, part),
    }
}
