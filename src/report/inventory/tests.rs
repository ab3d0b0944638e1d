//! What is told of zones, by what stands in the records.
