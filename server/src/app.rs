//! What handlers can reach.

use crate::config::Config;
use crate::content::Boards;
use crate::feed::Feed;
use crate::metering::Metering;
use crate::stream::{Bus, Census, Hub, Presence, Subscribers};
use access::place::{Fences, World};
use access::{BotVerifier, Oidc, Passkeys, Passwords};
use metrics_exporter_prometheus::PrometheusHandle;
use partners::{Guests, Identities, KeyRing, Tickets};
use std::ops::Deref;
use std::sync::Arc;
use store::{Clock, Seal, Store};
use tokio_util::sync::CancellationToken;

/// A running process, as handlers and layers see it. Each of them has a clone for every request, so cloning is cheap.
#[derive(Clone)]
pub struct App {
    parts: Arc<Parts>,
}

/// What a process is made of.
pub struct Parts {
    pub config: Arc<Config>,
    pub store: Store,
    /// Makes transfers.
    pub ledger: wallet::Ledger,
    /// What fans earn.
    pub rewards: rewards::Rewards,
    /// What points are spent on.
    pub vouchers: rewards::Vouchers,
    /// Where answers to questions are handed in, and how many have chosen what.
    pub intake: quizzes::Intake,
    pub tallies: quizzes::Live,
    /// Pictures.
    pub media: cms::media::Media,
    /// What editors have published, as widgets ask for it.
    pub boards: Boards,
    /// The tones in which balls are told.
    pub tones: crate::tones::Tones,
    /// What was missed of matches, and their innings, in words.
    pub reporter: crate::tones::reports::Reporter,
    /// Where money comes in.
    pub tills: crate::tills::Tills,
    /// Where fans trade vouchers.
    pub markets: crate::markets::Markets,
    /// Wallets that somebody looks at.
    pub wallets: crate::wallets::OpenWallets,
    pub clock: Clock,
    pub keys: KeyRing,
    /// What is secret at rest.
    pub seal: Seal,
    pub passwords: Passwords,
    pub tickets: Tickets,
    /// Where countries and addresses are.
    pub world: World,
    /// Who is let in by where they are.
    pub fences: Fences,
    /// What partners may use, and do.
    pub metering: Metering,
    /// What partners' servers sign their users' ids with.
    pub identities: Identities,
    pub guests: Guests,
    /// Where people reach the console by a name, over TLS or at localhost.
    pub passkeys: Option<Passkeys>,
    /// Who tells people from programs, where somebody does.
    pub human: Option<BotVerifier>,
    /// Whom people may sign in by beside their password.
    pub oidc: Oidc,
    pub feed: Feed,
    pub hub: Hub,
    /// What processes have in common; none of a single one.
    pub bus: Option<Bus>,
    pub subscribers: Subscribers,
    pub presence: Presence,
    /// Open streams of all processes.
    pub census: Census,
    pub metrics: PrometheusHandle,
    /// What a demo serves; none in earnest.
    pub demo: Option<Arc<crate::demo::Demo>>,
    /// How the jobs of this process are, where they are all that it does.
    pub worker: Option<jobs::Health>,
    /// Fires when the process is to stop.
    pub shutdown: CancellationToken,
}

impl From<Parts> for App {
    fn from(parts: Parts) -> Self {
        Self { parts: Arc::new(parts) }
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl App {
    /// What addresses of ours begin with on others' pages: where it is not known, pages add the origin of their script.
    pub fn public_base(&self) -> &str {
        self.config.http.public_url.trim_end_matches('/')
    }

    /// Refuses a key from now on, and closes its streams. Every way in which this process hears of a revocation leads here; once more does
    /// nothing more.
    pub fn revoke_key(&self, key_id: &str) {
        self.keys.revoke(key_id, self.clock.now());
        self.subscribers.revoke(key_id);
    }
}
