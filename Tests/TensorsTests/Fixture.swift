import Foundation
import Testing

@testable import Tensors

/// What NumPy gave, by the names in `Fixtures/make_numpy.py`.
enum Fixture {
  static let tensors: [String: Tensor] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let path = folder.appendingPathComponent("Fixtures/numpy.txt")
    guard let text = try? String(contentsOf: path, encoding: .utf8) else { return [:] }
    var result: [String: Tensor] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "|", omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let shape = parts[1].split(separator: ",").compactMap { Int($0) }
      let values = parts[2].split(separator: " ").compactMap { Double($0) }
      if let shape = try? Shape(checking: shape) {
        result[String(parts[0])] = try? Tensor(values, shape)
      }
    }
    return result
  }()

  /// The Float64 tensor of that name.
  static func named(_ name: String) throws -> Tensor {
    try #require(tensors[name], "no fixture \(name)")
  }
}

/// Checks shape and elements; NaN equals NaN, and signs of zero count where `tolerance` is 0.
func expectEqual(
  _ actual: Tensor, _ expected: Tensor, tolerance: Double = 0, _ note: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    actual.shape == expected.shape, "\(note)", sourceLocation: sourceLocation)
  for (index, (a, b)) in zip(actual.doubles(), expected.doubles()).enumerated() {
    let isSame = a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(1, abs(b))
    if !isSame {
      Issue.record("\(note) element \(index): \(a), not \(b)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// The error that a call throws.
func error<Result>(
  _ body: () throws(TensorError) -> Result
) -> TensorError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

/// A shape from its literal.
func shape(_ literal: Shape) -> Shape { literal }
