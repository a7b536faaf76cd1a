//! What the agent is made of, as far as a panic is concerned.

macro_rules! parts {
    ($($(#[$doc:meta])* $id:ident: $name:literal, $does:literal, $lost:literal;)*) => {
        /// What can panic by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Part {
            $($(#[$doc])* $id,)*
        }

        impl Part {
            /// Every part.
            #[cfg_attr(not(any(test, feature = "census")), allow(dead_code, reason = "who asks"))]
            pub(crate) const ALL: [Self; [$(Self::$id),*].len()] = [$(Self::$id),*];

            /// In one word or two, as in figures.
            #[cfg_attr(not(any(test, feature = "census")), allow(dead_code, reason = "who asks"))]
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }

            /// What it does, as a part of a sentence.
            pub(super) const fn does(self) -> &'static str {
                match self {
                    $(Self::$id => $does,)*
                }
            }

            /// What is lost with it, a sentence.
            pub(super) const fn lost(self) -> &'static str {
                match self {
                    $(Self::$id => $lost,)*
                }
            }
        }
    };
}

parts! {
    /// The agent's thread as a whole.
    Thread: "thread", "the thread that does everything else",
        "Whoever was connected has to connect again";
    Sampler: "sampler", "what samples the counts of tasks",
        "Their history begins anew";
    Findings: "findings", "what looks for findings",
        "It begins anew, and tells again what it told before";
    Reports: "reports", "what reports findings to the program",
        "A finding was not reported";
    Looks: "looks", "what asks tasks what they wait on",
        "It asks them again";
    Samples: "samples", "what takes in what tasks wait on",
        "What was not taken in yet comes with the next wait";
    Symbols: "symbols", "what reads the program's symbols",
        "What was to be read is read again";
    Pump: "pump", "what collects events",
        "Whoever watches them is told how many are missing";
    Errands: "errands", "what takes the program's own questions",
        "They wait until it begins again";
    Errand: "errand", "what answers one of the program's own questions",
        "That one is not answered";
    Port: "port", "what accepts connections on the port",
        "They wait until it begins again";
    UnixSocket: "unix socket", "what accepts connections on the Unix socket",
        "They wait until it begins again";
    /// The socket between a virtual machine and its host.
    #[cfg_attr(not(feature = "vsock"), allow(dead_code, reason = "there is none"))]
    Vsock: "vsock", "what accepts connections from a virtual machine",
        "They wait until it begins again";
    /// What it takes to come in.
    Keys: "keys", "what reads certificates and tokens anew",
        "Those that it has read go on to count";
    Audit: "audit", "what tells who came in and who did not",
        "Some may not be told of";
    Connection: "connection", "what serves one connection",
        "That one was closed";
    Request: "request", "what answers one request",
        "That one was answered with an error";
    Stream: "stream", "what feeds one stream",
        "That one ended with an error";
    /// To a collector.
    #[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "there is none"))]
    Otlp: "otlp", "what sends figures and findings to the collector",
        "What was to be sent may be missing there";
    /// Figures and profiles.
    #[cfg_attr(
        not(any(feature = "metrics", feature = "pprof")),
        allow(dead_code, reason = "there are none")
    )]
    Plain: "plain", "what makes figures and profiles",
        "Whoever asked for them was answered with an error";
}
