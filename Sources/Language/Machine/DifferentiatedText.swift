import Synchronization
import Tensors

/// The texts that were made of numbers while these are being differentiated: text carries no
/// derivative, so a number read from such a text is refused.
package final class DifferentiatedText: Sendable {
  /// That of the gradient being taken; nil where none is.
  static let running = ThreadLocal<DifferentiatedText?>(nil)
  private static var current: DifferentiatedText? { running.current }

  private let texts = Mutex<[String]>([])

  /// So many are remembered, the latest ones.
  private static let limit = 64

  /// Remembers the text of a value, if that is being differentiated.
  package static func note(_ text: String, of value: Value) {
    guard value.isDifferentiated, !text.isEmpty, let current else { return }
    current.texts.withLock { texts in
      if texts.count >= limit { texts.removeFirst() }
      texts.append(text)
    }
  }

  /// Whether texts are remembered.
  package static var isWatched: Bool { current != nil }

  /// Whether a text holds one that was made of what is being differentiated.
  package static func isPart(of text: String) -> Bool {
    current?.texts.withLock { $0.contains { text.contains($0) } } ?? false
  }
}
