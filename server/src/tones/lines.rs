//! Brings lines to the open streams of this process, for the tones in which somebody follows here.

use crate::app::App;
use crate::stream::{Followed, LINES_MAX, Lines, Say, Topic};
use bytes::Bytes;
use commentary::Error;
use commentary::line::{self, Line};
use std::collections::HashMap;
use wire::{Commentary, Snapshot};

/// Reads what is new, for ever: as soon as it is kept, and each second.
pub(super) async fn follow(app: &App) {
    app.store.keep_up(line::CHANNEL, 0, |_| look(app)).await;
}

async fn look(app: &App) -> Result<i64, Error> {
    for (_, topic) in app.hub.held_topics() {
        for followed in topic.followed() {
            bring(app, &topic, &followed).await?;
        }
    }
    Ok(0)
}

/// Brings a tone's lines as far as this process knows their balls. The rest is brought with the next look.
async fn bring(app: &App, topic: &Topic, followed: &Followed) -> Result<(), Error> {
    let voice = &followed.voice;
    let tone = (voice.tone.as_str(), voice.language);
    let (snapshot, lines) = topic.lines();
    let read = app.store.read("tones.lines", async |client| match followed.read_to {
        Some(position) => line::since_in(client, topic.id(), tone, position).await.map(|it| (position, it)),
        None => {
            // First: what is kept meanwhile is read again, rather than never.
            let position = line::position(client, topic.id()).await?;
            let mut last = line::last(client, topic.id(), tone, LINES_MAX as i64).await?;
            last.reverse();
            Ok((position, last))
        }
    });
    let (mut position, found) = read.await?;
    let balls = Balls::of(&snapshot, &lines);
    let mut said = Vec::new();
    for it in &found {
        match balls.tell(it) {
            Some(say) => said.push(say),
            // The process will know the ball, or the correction that the line is of; or the line waits for one to be made.
            None if followed.read_to.is_none() => return Ok(()),
            None if it.rev < i64::from(snapshot.rev) => {}
            None => break,
        }
        position = position.max(it.position);
    }
    if Some(position) != followed.read_to {
        topic.say(voice, snapshot.rev, position, said);
    }
    Ok(())
}

/// Where the balls of a match are.
struct Balls {
    rev: i64,
    /// The number of a ball's update by its innings and its place in it.
    seqs: HashMap<(i32, i32), u64>,
}

impl Balls {
    fn of(snapshot: &Snapshot, lines: &Lines) -> Self {
        Self { rev: i64::from(snapshot.rev), seqs: lines.places().collect() }
    }

    /// None where the ball is not known in the line's history.
    fn tell(&self, line: &Line) -> Option<Say> {
        let ball = *self.seqs.get(&(line.innings, line.ball)).filter(|_| line.rev == self.rev)?;
        let told = Commentary {
            tone: line.tone.clone(),
            lang: line.language.tag().to_owned(),
            rev: u32::try_from(line.rev).ok()?,
            ball,
            text: line.text.clone(),
        };
        let event = format!("event: commentary\ndata: {}\n\n", wire::encode(&told));
        Some(Say { ball, event: Bytes::from(event) })
    }
}
