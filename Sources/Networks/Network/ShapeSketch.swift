/// What can be said of the shapes between layers before any data was seen: examples of many shapes
/// are sent through the layers' shape rules, and what all of those have in common that get through
/// is certain.
struct ShapeSketch {
  /// What each layer gives, as a summary shows it: `N×?×?×16`, `N×…×65` where it is unknown how many
  /// axes there are, `?` where nothing is known.
  let outputs: [String]

  init(_ layers: [any Layer]) {
    var texts: [String] = []
    while texts.count < layers.count {
      let rest = layers[texts.count...]
      let known = rest.first?.knownInput
      if let known, known.count == 1, texts.last == "N×?" {
        texts[texts.count - 1] = "N×\(known[0])"
      }
      let runs = (known.map { [$0, $0] } ?? Self.examples(for: rest)).map { Self.run($0, rest) }
      // As far as more than one gets.
      let reach = runs.map(\.count).sorted().dropLast().last ?? 0
      let common = runs.filter { $0.count >= max(1, reach) }
      for place in 0..<reach { texts.append(Self.text(common.map { $0[place] })) }
      if reach == 0 { texts.append("?") }
    }
    outputs = texts
  }

  /// Lengths that no layer is likely to ask for.
  private static let lengths = [2, 3, 5, 7, 11, 19, 23, 37, 61, 131, 257]

  /// Shapes of one example: rows, sequences and images.
  private static func examples(for layers: ArraySlice<any Layer>) -> [[Int]] {
    let wanted = layers.lazy.compactMap(\.inputFeatures).first
    let features = Set([wanted, 3, 5].compactMap { $0 }).sorted()
    let pairs = zip(lengths, lengths.dropFirst())
    return features.flatMap { features in
      [[features]] + lengths.map { [$0, features] } + lengths.map { [$0 * $0 * features] }
        + pairs.map { [$0, $1, features] }
    } + lengths.map { [$0] } + pairs.map { [$0, $1] }
  }

  /// What the layers give one after the other, until one does not take it.
  private static func run(_ example: [Int], _ layers: ArraySlice<any Layer>) -> [[Int]] {
    var (shape, outputs) = (example, [[Int]]())
    for layer in layers {
      guard let output = try? layer.outputShape(for: shape, position: 1) else { break }
      shape = output
      outputs.append(output)
    }
    return outputs
  }

  private static func text(_ shapes: [[Int]]) -> String {
    guard let first = shapes.first else { return "?" }
    if shapes.allSatisfy({ $0.count == first.count }) {
      return "N"
        + first.indices.map { axis in
          shapes.allSatisfy { $0[axis] == first[axis] } ? "×\(first[axis])" : "×?"
        }.joined()
    }
    guard let last = first.last, shapes.allSatisfy({ $0.last == last }) else { return "?" }
    return "N×…×\(last)"
  }
}
