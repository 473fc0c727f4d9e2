/// What beats what: of several explanations that hold, the one that stands first here is told.
///
/// The order is that of how often people make the mistake and how much it takes to make it: a slip
/// in the whole result before one in a part of it, a part left out before one put in another's
/// place. An explanation that needs a second fault comes after all that need one.
enum Rank: Int, Comparable {
  // The gradient as a whole.
  case nothing
  case flippedSign
  case transposedResult
  case namedMultiple
  case unnamedMultiple
  // What is summed.
  case otherAxis
  case allAxes
  case singleExample
  case sumsBeforeProduct
  // The penalty on the weights.
  case penaltyMissing
  case penaltyWrong
  case dataWrongBesidePenalty
  // The loss's end: p − y and what stands in its place.
  case residualTerm
  case residualStep
  case residualProbabilities
  case exampleWeights
  // Derivatives of activations.
  case derivativeMissing
  case derivativeReplaced
  case derivativeElsewhere
  case derivativesAll
  case derivativeTooMany
  // The softmax's derivative.
  case softmaxStep
  case softmaxTerm
  // Values and operands.
  case staleValue
  case operandTransposed
  case operandReplaced
  // Paths through the loss.
  case termMissing
  case termFlipped
  case termTwice
  case termScaled
  case statisticsConstant
  case chainFactorMissing
  // What the loss does not have.
  case foreignPenalty

  static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }
}
