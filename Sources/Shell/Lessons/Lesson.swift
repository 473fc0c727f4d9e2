import Language
import Syntax

/// A lesson: a script with prose in its comments, part of the binary.
package struct Lesson: Sendable {
  package let title: String
  package let summary: String
  package let source: SourceText

  private init(_ number: Int, _ title: String, _ summary: String, _ bytes: [UInt8]) {
    self.title = title
    self.summary = summary
    source = SourceText(bytes: bytes, name: "lesson \(number)")
  }

  /// All there are; `lesson 1` is the first.
  package static let all = [
    Lesson(
      1, "A first network", "letters, a network, training, a look inside",
      PackageResources.first_network_nns),
    Lesson(
      2, "Back-propagation by hand",
      "the report's gradients, checked, and the mistake in one of them",
      PackageResources.backpropagation_nns),
  ]
}
