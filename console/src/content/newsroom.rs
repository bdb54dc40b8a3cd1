//! What else a newsroom looks at: who is in it, what is missing, thrown away, planned and done, and files that go out and come in.

pub mod audit;
pub mod calendar;
pub mod files;
pub mod members;
pub mod missing;
pub mod quiz;
pub mod quizzes;
pub mod tones;
pub mod trash;

#[cfg(test)]
pub(in crate::content) mod testing;
