/// What is wrong with a gradient written by hand, as `check` names it.
package enum GradientFault: String, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// It, or a factor inside it, is transposed or should be.
  case transposed
  /// It points uphill where it should point downhill, or one of its terms does.
  case sign
  /// It is a constant multiple.
  case factor
  /// It is summed over an axis that should stay, or not summed over one that should go.
  case axis
  /// An activation's derivative is missing, doubled, or that of something else.
  case mask
  /// The step from probabilities to logits is missing or taken twice.
  case logits
  /// A path through the loss, or a factor of the chain rule, is left out or counted twice.
  case term
  /// It was computed from values that the loss no longer has.
  case stale
  /// The penalty on the weights is missing, or is another one.
  case regularizer
  /// None of these explains the numbers.
  case unknown
}

/// What explains the numbers of a wrong gradient.
struct Finding {
  /// What to mark in the user's own code.
  enum Place {
    /// The last call of one of these functions, else the result.
    case call([String])
    /// The expression that the function gives.
    case result
    /// The last use of a variable.
    case name(String)
  }

  var fault: GradientFault
  /// One sentence: what the numbers show.
  var text: String
  /// A second fault beside the first, in words.
  var also: String?
  var place: Place = .result
  /// Where it stands among the explanations.
  var rank = Rank.nothing

  /// Whether it is the better of two explanations that both hold.
  func beats(_ other: Finding) -> Bool {
    (also == nil) == (other.also == nil) ? rank < other.rank : also == nil
  }

  /// The whole explanation.
  var detail: String { also.map { text + "; " + $0 } ?? text }
}
