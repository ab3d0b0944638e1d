//! Responses that wait for their keys.

use crate::exchange::Exchange;
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Octets that all waiting responses may take.
const MAX_OCTETS: usize = 64 << 20;

/// Octets that those of one zone may take.
const MAX_ROOM_OCTETS: usize = MAX_OCTETS / 2;

/// Octets that a decoded response takes besides its own, at a guess.
const OVERHEAD: usize = 2048;

/// A response and what it has taught so far.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) exchange: Arc<Exchange>,
    /// What it has taught already, by zone and kind of lesson: no message teaches twice.
    pub(super) taught: BTreeSet<(Name, u8)>,
}

impl Pending {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self {
            exchange,
            taught: BTreeSet::new(),
        }
    }

    fn octets(&self) -> usize {
        // A decoded message takes about four times its octets.
        4 * self.exchange.message.octets.len() + OVERHEAD
    }
}

/// A place in the waiting room; places are given out in the order of arrival.
type Place = u64;

/// One that waits, and where it is listed.
#[derive(Debug)]
struct Entry {
    pending: Pending,
    on: Vec<Name>,
    room: Name,
    until: Timestamp,
}

/// The waiting room, bounded: when a zone's share is full, its oldest goes, and when all is, the
/// oldest of the zone that holds most.
#[derive(Debug, Default)]
pub(super) struct Held {
    entries: BTreeMap<Place, Entry>,
    by_name: BTreeMap<Name, BTreeSet<Place>>,
    by_deadline: BTreeSet<(Timestamp, Place)>,
    rooms: HashMap<Name, Room>,
    by_octets: BTreeSet<(usize, Name)>,
    octets: usize,
    next: Place,
}

/// What waits for one zone.
#[derive(Debug, Default)]
struct Room {
    octets: usize,
    places: BTreeSet<Place>,
}

/// How far news about a name reaches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    /// To those who wait on exactly this name.
    Name,
    /// To those who wait on anything at or below it.
    Tree,
}

impl Held {
    /// Lets a response wait for news about any name of `on`; gives back those for whom there is no room.
    pub(super) fn insert(
        &mut self,
        pending: Pending,
        on: Vec<Name>,
        room: &Name,
        until: Timestamp,
    ) -> Vec<Pending> {
        let octets = pending.octets();
        let place = self.next;
        self.next += 1;
        for name in &on {
            self.by_name.entry(name.clone()).or_default().insert(place);
        }
        self.by_deadline.insert((until, place));
        self.resize(room, |held| {
            held.octets += octets;
            held.places.insert(place);
        });
        self.octets += octets;
        self.entries.insert(
            place,
            Entry {
                pending,
                on,
                room: room.clone(),
                until,
            },
        );
        let mut evicted = Vec::new();
        while let Some(full) = self
            .rooms
            .get(room)
            .filter(|room| room.octets > MAX_ROOM_OCTETS)
        {
            let Some(oldest) = full.places.first().copied() else {
                break;
            };
            evicted.extend(self.remove(oldest));
        }
        while self.octets > MAX_OCTETS {
            let fullest = self
                .by_octets
                .last()
                .and_then(|(_, room)| self.rooms.get(room));
            let Some(oldest) = fullest.and_then(|room| room.places.first().copied()) else {
                break;
            };
            evicted.extend(self.remove(oldest));
        }
        evicted
    }

    /// Takes out those whom news about `name` reaches, in the order of arrival.
    pub(super) fn wake(&mut self, name: &Name, reach: Reach) -> Vec<Pending> {
        let places: BTreeSet<Place> = match reach {
            Reach::Name => self.by_name.get(name).cloned().unwrap_or_default(),
            Reach::Tree => self
                .by_name
                .range(name.clone()..)
                .take_while(|(on, _)| on.is_at_or_below(name))
                .flat_map(|(_, places)| places.iter().copied())
                .collect(),
        };
        places
            .into_iter()
            .filter_map(|place| self.remove(place))
            .collect()
    }

    /// Takes out the one whose wait ended first before `now`.
    pub(super) fn overdue(&mut self, now: Timestamp) -> Option<Pending> {
        let (_, place) = self
            .by_deadline
            .first()
            .copied()
            .filter(|(until, _)| *until < now)?;
        self.remove(place)
    }

    /// Takes out the one that came first.
    pub(super) fn first(&mut self) -> Option<Pending> {
        let place = *self.entries.first_key_value()?.0;
        self.remove(place)
    }

    /// Those that wait, by their places, in the order of arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Place, &Pending)> {
        let entries = self.entries.iter();
        entries.map(|(place, entry)| (*place, &entry.pending))
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn remove(&mut self, place: Place) -> Option<Pending> {
        let Entry {
            pending,
            on,
            room,
            until,
        } = self.entries.remove(&place)?;
        let octets = pending.octets();
        self.by_deadline.remove(&(until, place));
        for name in on {
            if let Some(places) = self.by_name.get_mut(&name) {
                places.remove(&place);
                if places.is_empty() {
                    self.by_name.remove(&name);
                }
            }
        }
        self.resize(&room, |held| {
            held.octets -= octets;
            held.places.remove(&place);
        });
        self.octets -= octets;
        Some(pending)
    }

    fn resize(&mut self, room: &Name, change: impl FnOnce(&mut Room)) {
        let held = self.rooms.entry(room.clone()).or_default();
        self.by_octets.remove(&(held.octets, room.clone()));
        change(held);
        if held.places.is_empty() {
            self.rooms.remove(room);
        } else {
            self.by_octets.insert((held.octets, room.clone()));
        }
    }
}
