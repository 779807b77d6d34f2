//! The one list of all cases; the table and the tests are both made from it.

/// Hands the list of cases to a macro: by group, `name: "promise";`.
#[doc(hidden)]
#[macro_export]
macro_rules! __channel_cases {
    ($callback:path, $($args:tt)*) => {
        $callback! {
            [$($args)*]
            reading {
                an_order_reads_the_same_from_what_was_kept:
                    "The payload is kept as sent, and reads to the same order again.";
                ids_stay_as_sent: "Ids are text, never a number that loses digits.";
                the_stated_total_is_the_truth:
                    "The stated total is kept, and a difference is told.";
                one_bad_order_never_loses_the_others:
                    "Every order of a page is answered by itself.";
                hostile_bytes_are_answered: "No payload of any size or shape panics.";
            }
            status {
                every_word_is_answered:
                    "Any words in any combination are answered; unknown ones ask a person.";
                an_order_never_moves_back: "What the channel is behind with is no change.";
                what_it_says_it_can_express: "A status that can be told has an update that tells.";
                its_own_echo_changes_nothing: "What was told comes back as no change.";
            }
            outbound {
                ids_and_amounts_are_exact_literals: "No id and no amount passes through a float.";
                every_answer_is_understood: "Any status and any body are answered, the same way.";
            }
            sync {
                pages_follow_one_another: "A page names the next one, and the next one is asked.";
                an_overloaded_channel_is_left_alone: "Too many requests mean later, not never.";
            }
            trust {
                nobody_is_believed_without_a_key: "A delivery nobody signed is not believed.";
            }
        }
    };
}
