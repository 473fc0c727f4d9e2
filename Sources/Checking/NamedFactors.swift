import Language
import Tensors

/// The constants by which gradients are usually wrong, named by the sizes of the loss's data.
struct NamedFactors {
  /// A name such as `N·K` and its value, the simplest first.
  private(set) var sizes: [(name: String, value: Double)] = []
  private var constants: [(name: String, value: Double)] = []
  private let sizeNames: [(name: String, value: Double)]

  init(_ loss: LossRecording, environment: CheckEnvironment) {
    let steps = loss.recording.steps
    var letters: [(name: String, value: Double)] = []
    func add(_ name: String, _ size: Int) {
      guard size > 1, !letters.contains(where: { $0.value == Double(size) || $0.name == name })
      else { return }
      letters.append((name, Double(size)))
    }
    let output = steps.indices.last { loss.passes[$0] && steps[$0].output.rank == 2 }
      .map { steps[$0].output.shape.dimensions }
    let vector = steps.indices.last { loss.passes[$0] && steps[$0].output.rank == 1 }
      .map { steps[$0].output.shape.dimensions }
    if let output {
      add("N", output[0])
      add("K", output[1])
    } else if let vector {
      add("N", vector[0])
    }
    for name in environment.lossNames {
      guard case .tensor(let box)? = environment.machine.globals[name], box.content.rank == 2,
        box.content.shape[0] == output?[0]
      else { continue }
      add("F", box.content.shape[1])
    }
    for dimension in loss.gradient.shape.dimensions { add("H", dimension) }
    sizeNames = letters
    build(letters, elements: loss.gradient.count, environment)
  }

  private mutating func build(
    _ letters: [(name: String, value: Double)], elements: Int, _ environment: CheckEnvironment
  ) {
    var products = letters
    if letters.count >= 2 {
      products.append(
        ("\(letters[0].name)·\(letters[1].name)", letters[0].value * letters[1].value))
    }
    if !products.contains(where: { $0.value == Double(elements) }), elements > 1 {
      products.append(("the number of elements", Double(elements)))
    }
    sizes = products
    constants = [("2", 2), ("½", 0.5)]
    for (name, value) in products { constants += [(name, value), ("1/(\(name))", 1 / value)] }
    for (name, value) in products {
      constants += [
        ("2\(name)", 2 * value), ("2/(\(name))", 2 / value), ("(\(name))/2", value / 2),
        ("1/(2\(name))", 0.5 / value),
      ]
    }
    if letters.count >= 2 {
      let (first, second) = (letters[0], letters[1])
      constants += [
        ("\(first.name)/\(second.name)", first.value / second.value),
        ("\(second.name)/\(first.name)", second.value / first.value),
      ]
    }
    constants += [("4", 4), ("¼", 0.25)]
    for name in Set(
      environment.lossNames + environment.gradientNames
        + environment.machine.globals.userDefined.map(\.name)
    ).sorted() {
      guard case .number(let number)? = environment.machine.globals[name], number.isFinite,
        abs(number) > 1e-12, abs(number) != 1
      else { continue }
      constants += [(name, number), ("1/\(name)", 1 / number)]
    }
    constants = constants.map { (Self.plain($0.name), $0.value) }
  }

  /// `1/(N)` as `1/N`.
  private static func plain(_ name: String) -> String {
    guard let open = name.firstIndex(of: "("), let close = name.lastIndex(of: ")") else {
      return name
    }
    let inside = name[name.index(after: open)..<close]
    guard !inside.contains("·"), !inside.contains(" "), inside.first.map({ !$0.isNumber }) ?? false
    else { return name }
    return String(name[..<open] + inside + name[name.index(after: close)...])
  }

  /// The name of a positive factor.
  func name(of factor: Double) -> String? {
    constants.first { abs(factor / $0.value - 1) < 2e-4 }?.name
  }

  /// What a factor of the gradient means, in words: `it is N times too large (N = 8)`.
  func sentence(for factor: Double, of subject: String = "it") -> String {
    let size = abs(factor)
    guard let name = name(of: size) else {
      return "\(subject) is \(size.displayed) times the gradient"
    }
    let values = sizeNames.filter { name.contains($0.name) }
      .map { "\($0.name) = \($0.value.displayed)" }
    let legend = values.isEmpty ? "" : " (\(values.joined(separator: ", ")))"
    let isNumber = name.first.map { $0.isNumber || "½¼".contains($0) } ?? false
    if size > 1, !name.hasPrefix("1/") {
      let missing = isNumber && Double(name) != nil ? "1/\(name)" : "1/(\(name))"
      return "\(subject) is \(name) times too large\(legend): the factor "
        + "\(Self.plain(missing)) is missing"
    }
    let inverse = self.name(of: 1 / size) ?? (1 / size).displayed
    return "\(subject) is \(name) of what it should be\(legend): the factor \(inverse) is missing"
  }
}
