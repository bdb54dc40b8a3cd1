//! The rules of the game, one behaviour a test.

mod balls;
mod corrections;
mod ends;
mod hundred;
mod innings;
mod log;
mod people;
mod results;
mod scene;
mod words;
