//! Tells whether a signature verifies.
