//! What there is to say to fans, in English.

use super::Message;
use crate::Phase;

/// Numbers the messages in the order in which they stand.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $english:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only counts")]
        enum Place { $($name),* }
        $($(#[$doc])* pub const $name: &Message = &Message { at: Place::$name as usize, english: $english };)*
        /// Names and English texts, in the order of a table's lines.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $english)),*];
    };
}

messages! {
    // How batters went. {0} is the bowler or the first fielder, {1} the bowler.
    NOT_OUT = "not out";
    RETIRED = "retired";
    BOWLED = "b {0}";
    /// {0} is "?" where the catcher is not known.
    CAUGHT = "c {0} b {1}";
    CAUGHT_AND_BOWLED = "c & b {0}";
    LBW = "lbw b {0}";
    STUMPED = "st {0} b {1}";
    STUMPED_BY_NOBODY = "st b {0}";
    HIT_WICKET = "hit wicket b {0}";
    RUN_OUT = "run out";
    /// {0}: fielders, "Smith/Jones".
    RUN_OUT_BY = "run out ({0})";
    SUBSTITUTE = "sub";
    SUBSTITUTE_NAMED = "sub ({0})";
    HANDLED_THE_BALL = "handled the ball";
    HIT_THE_BALL_TWICE = "hit the ball twice";
    OBSTRUCTING_THE_FIELD = "obstructing the field";
    TIMED_OUT = "timed out";
    RETIRED_OUT = "retired out";
    RETIRED_HURT = "retired hurt";
    RETIRED_NOT_OUT = "retired not out";

    // A ball.
    /// Bowler, striker, what happened.
    BALL_LINE = "{0} to {1}, {2}";
    /// {0}: what happened, "c Smith b Jones 34 (28)".
    OUT = "OUT! {0}";
    /// {0}: the line of a ball.
    FREE_HIT_LINE = "{0} (free hit)";
    NO_RUN = "no run";
    RUNS = "{0} {0|run|runs}";
    FOUR = "FOUR";
    SIX = "SIX";
    WICKET = "WICKET";
    WIDE = "wide";
    WIDES = "{0} wides";
    NO_BALL = "no ball";
    BYE = "bye";
    BYES = "{0} byes";
    LEG_BYE = "leg bye";
    LEG_BYES = "{0} leg byes";
    PENALTY_RUNS = "{0} penalty runs";

    // Results. {0} is the team.
    WON_BY_RUNS = "{0} won by {1} {1|run|runs}";
    WON_BY_WICKETS = "{0} won by {1} {1|wicket|wickets}";
    WON_BY_INNINGS = "{0} won by an innings";
    WON_BY_INNINGS_AND = "{0} won by an innings and {1} {1|run|runs}";
    WON = "{0} won";
    TIED = "Match tied";
    WON_SUPER_OVER = "{0} won the Super Over";
    WON_BOWL_OUT = "{0} won the bowl-out";
    WON_TIEBREAK = "{0} won the tiebreak";
    DRAWN = "Match drawn";
    NO_RESULT = "No result";
    ABANDONED = "Match abandoned";
    /// A result that was given rather than played for.
    AWARDED = "awarded";

    // The sentence under the score.
    START_DELAYED = "The start is delayed";
    /// {0}: why, "Rain".
    START_DELAYED_BY = "{0}: the start is delayed";
    PLAY_STOPPED = "Play has stopped";
    PLAY_STOPPED_BY = "{0}: play has stopped";
    NOT_BEGUN = "The match has not begun";
    /// Team, runs, balls.
    NEED_FROM = "{0} need {1} {1|run|runs} from {2} {2|ball|balls}";
    NEED = "{0} need {1} {1|run|runs}";
    LEVEL = "Scores level";
    LEAD = "{0} lead by {1} {1|run|runs}";
    TRAIL = "{0} trail by {1} {1|run|runs}";
    /// Team, its score, the other team, runs.
    NEED_NEXT = "{0} {1}; {2} need {3} {3|run|runs} to win";
    BATS_NEXT = "{0} {1}; {2} to bat";
    BATTING_SUPER_OVER = "Super Over: {0} are batting";
    BATTING = "{0} are batting";
    CHOSE_TO_BAT = "{0} chose to bat";
    CHOSE_TO_FIELD = "{0} chose to field";

    // The state of things, in a word.
    UPCOMING = "Upcoming";
    LIVE = "Live";
    BREAK = "Break";
    DELAYED = "Delayed";
    RESULT = "Result";
    CONNECTING = "Connecting…";
    UNAVAILABLE = "Unavailable";
    RECONNECTING = "Reconnecting…";
    SILENT_SECONDS = "Reconnecting… last heard {0} s ago";
    SILENT_MINUTES = "Reconnecting… last heard {0} min ago";
    WAITING = "Waiting for the score…";

    // Lists of matches.
    LIVE_MATCHES = "Live matches";
    NO_LIVE_MATCHES = "No match is being played now.";
    FIXTURES = "Fixtures";
    NO_FIXTURES = "No matches are announced.";
    RESULTS = "Results";
    NO_RESULTS = "No results yet.";
    MATCHES = "Matches";
    NO_MATCHES = "No matches yet.";
    MORE = "More";

    // The score.
    /// Of an innings: "18.3/20 ov".
    OVERS = "{0} ov";
    /// The same where five balls make a set (The Hundred).
    SETS = "{0} sets";
    THIS_OVER = "This over";
    THIS_SET = "This set";
    OVER_NUMBER = "Over {0}";
    SET_NUMBER = "Set {0}";
    FREE_HIT = "Free hit";
    /// {0}: "12/1".
    SUPER_OVER_SCORE = "Super over {0}";
    RUN_RATE = "Run rate";
    REQUIRED_RATE = "Required";
    PROJECTED_SCORE = "Projected score";
    PARTNERSHIP = "Partnership";
    /// Of a partnership's runs.
    OFF_BALLS = "off {0} {0|ball|balls}";
    LAST_WICKET = "Last wicket";
    WIN_PROBABILITY = "Win probability";
    PLAYER_OF_THE_MATCH = "Player of the match";
    /// Day, month, year.
    DATE = "{0} {1} {2}";
    /// From January, with bars between them.
    MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";

    // For those who listen.
    /// {0}: a batter, {1}: 50, 100 …
    HAS_RUNS = "{0} has {1}";
    END_OF_OVER = "End of over {0}";
    /// Team, runs, wickets.
    RUNS_FOR = "{0} {1} for {2} {2|wicket|wickets}";

    // Heads of columns, with bars between them: as short as a scorecard has them.
    BATTING_COLUMNS = "Batter|R|B|4s|6s|SR";
    BOWLING_COLUMNS = "Bowler|O|M|R|W|Econ";
    FALL_COLUMNS = "Fall of wickets|Score";

    // The panels.
    DETAILS = "Match details";
    BALL_BY_BALL = "Ball by ball";
    SCORECARD = "Scorecard";
    CHARTS = "Charts";
    LOADING = "Loading…";
    NOT_LOADED = "This could not be loaded. Choose it again to try once more.";
    NO_BALLS = "Ball by ball begins with the first ball.";
    NO_SUCH_BALLS = "None among these balls.";
    EARLIER_BALLS = "Earlier balls";
    BALLS_SHOWN = "Balls shown";
    ALL_BALLS = "All";
    WICKETS = "Wickets";
    BOUNDARIES = "Boundaries";
    NO_CARD = "The scorecard begins with the first innings.";
    EXTRAS = "Extras";
    TOTAL = "Total";
    TOTAL_OVERS = "{0} overs";
    TOTAL_SETS = "{0} sets";
    /// Overs as above, runs an over.
    TOTAL_AT = "{0}, run rate {1}";
    YET_TO_BAT = "Yet to bat";
    SECOND_INNINGS = "{0}, second innings";
    SUPER_OVER = "{0}, super over";
    SECOND_SUPER_OVER = "{0}, second super over";
    NO_CHARTS = "Charts begin with the first innings.";
    RUNS_BY_OVER = "Runs by over";
    /// {0}: an innings.
    RUNS_AN_OVER = "Runs an over: {0}";
    PARTNERSHIPS = "Partnerships: {0}";
    TARGET = "Target {0}";
    OVER = "Over";
    IN_FIGURES = "Over by over in figures";
    WICKETS_LOST = "{0} {0|wicket|wickets}";

    // Choices.
    SETTINGS = "Settings";
    LANGUAGE = "Language";
    TONE = "Tone";
    PLAIN = "Plain";
}

/// The state of things, in a word.
pub fn of_phase(phase: Phase) -> &'static Message {
    match phase {
        Phase::Upcoming => UPCOMING,
        Phase::Play => LIVE,
        Phase::Break => BREAK,
        Phase::Delayed => DELAYED,
        Phase::Finished => RESULT,
    }
}

/// How overs are counted: {0} overs, or sets in The Hundred, whose five balls are no over.
pub fn of_overs(balls_per_over: u8) -> &'static Message {
    if balls_per_over == 6 { OVERS } else { SETS }
}

/// What an over, or a set, is called: the one in progress, or {0}.
pub fn of_over(is_going_on: bool, balls_per_over: u8) -> &'static Message {
    match (is_going_on, balls_per_over == 6) {
        (true, true) => THIS_OVER,
        (true, false) => THIS_SET,
        (false, true) => OVER_NUMBER,
        (false, false) => SET_NUMBER,
    }
}
