/// Where a part stands in a value of nested lists and records, for errors: `model.weights[3]`.
package struct NestedPath: Sendable, CustomStringConvertible {
  package enum Step: Sendable {
    case field(String)
    case index(Int)
  }

  private var steps: [Step] = []

  package init() {}

  /// How many lists and records the part stands in.
  package var depth: Int { steps.count }

  package mutating func enter(_ step: Step) { steps.append(step) }

  package mutating func leave() { steps.removeLast() }

  package var description: String {
    steps.reduce(into: "") { text, step in
      switch step {
      case .index(let place): text += "[\(place)]"
      case .field(let name): text += text.isEmpty ? name : ".\(name)"
      }
    }
  }

  /// What stands there, for a sentence: `nan at losses[3]`; alone where it is the whole.
  package func placing(_ what: String) -> String { steps.isEmpty ? what : "\(what) at \(self)" }
}
