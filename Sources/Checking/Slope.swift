/// What stands in the place of an activation's derivative.
struct Slope: Sendable {
  /// One element of an activation: its input, its value, its derivative there.
  struct Point {
    let kind: Activation.Kind
    let x: Double
    let y: Double
    let slope: Double
  }

  let rank: Rank
  let text: @Sendable (_ name: String) -> String
  let value: @Sendable (Point) -> Double

  init(
    _ rank: Rank, _ text: @escaping @Sendable (String) -> String,
    _ value: @escaping @Sendable (Point) -> Double
  ) {
    self.rank = rank
    self.text = text
    self.value = value
  }

  /// One of another function.
  private static func other(
    _ kind: Activation.Kind, _ name: String
  ) -> Slope {
    Slope(.derivativeReplaced, { "\(name) stands where that of \($0) belongs" }) {
      kind.slope($0.x, kind.value($0.x))
    }
  }

  static let all: [Slope] = [
    Slope(.derivativeMissing, { "the derivative of \($0) is missing" }) { _ in 1 },
    Slope(.derivativeMissing, { "\($0) itself stands where its derivative belongs" }, \.y),
    Slope(.derivativeReplaced, { "the derivative of \($0) is applied twice" }) {
      $0.slope * $0.slope
    },
    Slope(
      .derivativeReplaced, { "the derivative of \($0) is taken at its result, not at its input" }
    ) { $0.kind.slope($0.y, $0.kind.value($0.y)) },
    Slope(
      .derivativeReplaced, { "the derivative of \($0), written for its result, is given its input" }
    ) { $0.kind.slope($0.x, $0.x) },
    Slope(
      .derivativeReplaced, { "the input of \($0) stands where its derivative belongs" }, \.x),
    Slope(.derivativeReplaced, { "1 − \($0) stands where the derivative belongs" }) { 1 - $0.y },
    Slope(.derivativeReplaced, { "1 + \($0) stands where the derivative belongs" }) { 1 + $0.y },
    Slope(.derivativeReplaced, { "the square of \($0) stands where its derivative belongs" }) {
      $0.y * $0.y
    },
    Slope(
      .derivativeReplaced, { "1 + y² stands where the derivative of y = \($0) belongs" }
    ) { 1 + $0.y * $0.y },
    Slope(
      .derivativeReplaced,
      { "y(1 − y), sigmoid's derivative, stands where that of y = \($0) belongs" }
    ) { $0.y * (1 - $0.y) },
    Slope(
      .derivativeReplaced,
      { "1 − y², tanh's derivative, stands where that of y = \($0) belongs" }
    ) { 1 - $0.y * $0.y },
    Slope(
      .derivativeReplaced, { "the derivative of sigmoid at \($0) stands where its own belongs" }
    ) { Activation.Kind.sigmoid.slope($0.y, Activation.Kind.sigmoid.value($0.y)) },
    other(.sigmoid, "the derivative of sigmoid"),
    other(.tanh, "the derivative of tanh"),
    Slope(.derivativeReplaced, { "sigmoid stands where the derivative of \($0) belongs" }) {
      Activation.Kind.sigmoid.value($0.x)
    },
    Slope(.derivativeReplaced, { "tanh stands where the derivative of \($0) belongs" }) {
      Activation.Kind.tanh.value($0.x)
    },
    Slope(.derivativeReplaced, { "relu's mask stands where the derivative of \($0) belongs" }) {
      $0.x > 0 ? 1 : 0
    },
    Slope(.derivativeReplaced, { "the sign stands where the derivative of \($0) belongs" }) {
      $0.x > 0 ? 1 : $0.x < 0 ? -1 : 0
    },
    Slope(.derivativeReplaced, { "1 over \($0) stands where its derivative belongs" }) {
      $0.y == 0 ? 0 : 1 / $0.y
    },
  ]

  /// Those of a derivative that takes two values, as a mask does.
  ///
  /// - Parameters:
  ///   - low: the smaller of the two.
  ///   - high: the larger.
  static func ofMask(_ low: Double, _ high: Double) -> [Slope] {
    [
      Slope(.derivativeReplaced, { "the mask of \($0) is inverted" }) { low + high - $0.slope },
      Slope(.derivativeReplaced, { "the mask of \($0) lets nothing through on one side" }) {
        $0.slope == low ? 0 : $0.slope
      },
      Slope(.derivativeReplaced, { "the mask of \($0) has the wrong sign on one side" }) {
        $0.slope == low ? -($0.slope == 0 ? high : $0.slope) : $0.slope
      },
      Slope(.derivativeReplaced, { "the mask of \($0) has the wrong sign on one side" }) {
        $0.slope == high ? -$0.slope : $0.slope
      },
    ]
  }
}
