import Syntax

/// What is known of a builtin or a command: the one place from which name resolution, arity and
/// kind errors, keyword arguments, help, completion, the reference manual and the example tests
/// all derive.
///
/// A class, as every call hands it on: its arguments hold it.
package final class Declaration: Sendable {
  package let name: String
  package let aliases: [String]
  package let group: Group
  /// One line, without a full stop.
  package let summary: String
  /// What there is to say beyond the summary: formula, shapes, conventions. May be empty. Made when
  /// somebody asks: starting nnsh makes every declaration, and few are read.
  package var details: String { makeDetails() }
  private let makeDetails: @Sendable () -> String
  package let parameters: [Parameter]
  /// What comes out, with its shape: `tensor N×K`.
  package let result: String
  package let examples: [Example]
  package let seeAlso: [String]
  /// Whether one of its parameters takes any number of arguments.
  let isVariadic: Bool
  /// For each parameter, whether a tensor fits it as it is.
  let takesTensor: [Bool]

  package init(
    _ name: String, aliases: [String] = [], group: Group, _ summary: String,
    details: @autoclosure @escaping @Sendable () -> String = "", parameters: [Parameter] = [],
    result: String = "", examples: [Example] = [], seeAlso: [String] = []
  ) {
    self.name = name
    self.aliases = aliases
    self.group = group
    self.summary = summary
    makeDetails = details
    self.parameters = parameters
    self.result = result
    self.examples = examples
    self.seeAlso = seeAlso
    isVariadic = parameters.contains(where: \.isVariadic)
    takesTensor = parameters.map { $0.kind == .tensor }
  }

  /// The chapters of the reference manual, in its order.
  package enum Group: String, Sendable, CaseIterable {
    case report = "The report's functions"
    case make = "Making tensors"
    case shape = "Shapes"
    case elementwise = "Elementwise"
    case reduce = "Reductions"
    case linearAlgebra = "Linear algebra"
    case layers = "Layers"
    case losses = "Losses and scores"
    case optimizers = "Optimizers"
    case data = "Data"
    case text = "Text"
    case records = "Records"
    case other = "Other"
    case commands = "Commands"
    case gradients = "Gradients"
  }

  /// Code and what it prints, run by a test.
  package struct Example: Sendable {
    package let code: String
    /// What appears on standard output, line by line; nil where it varies (times, paths).
    package let output: String?

    package init(_ code: String, _ output: String? = nil) {
      self.code = code
      self.output = output
    }
  }
}

/// A parameter of a builtin, or a slot or option of a command.
///
/// A class, as every call looks at those of what it calls.
package final class Parameter: Sendable {
  /// Which values fit.
  package enum Kind: Sendable, Equatable {
    case any
    case number
    /// A number without a fraction.
    case integer
    case bool
    case string
    /// A tensor, a number, or a list of numbers.
    case tensor
    case list
    /// What `map` and `for` run over: a list, a range, a tensor (by its first axis), a string.
    case sequence
    case record
    case function
    case network
    case optimizer
    case schedule
    case dataSet
    /// A data set's part, or anything with `.x` and `.y`.
    case split
    /// An axis number, several as a list, or none for all.
    case axes
    /// Sizes, as numbers, a list or a tensor.
    case shape
    /// One of these strings or bare words.
    case choice([String])
    /// Statements between braces.
    case block
    /// A file's path.
    case path
    /// A variable's name, or a place such as `net.W1`.
    case place
    /// Another declared thing's name.
    case topic
  }

  package let name: String
  package let kind: Kind
  /// What is taken where it is left out; nil where it must be given.
  package let defaultValue: Default?
  package let isVariadic: Bool
  /// Whether numbers that are not yet in a tensor keep their 64 bits on the way into one.
  package let isExact: Bool
  package let summary: String
  /// Whether a pipe gives the value to a call that leaves this out, though it has a default:
  /// `s |> split(",")`.
  package let isAwaited: Bool
  /// What it is called elsewhere, for people who write that.
  package let misnomers: [String]

  /// A value that a declaration can name.
  package enum Default: Sendable, Equatable {
    case none
    case bool(Bool)
    case number(Double)
    case string(String)
    /// Worked out by the builtin; the text says how.
    case computed(String)
  }

  package init(
    _ name: String, _ kind: Kind, default defaultValue: Default? = nil, isVariadic: Bool = false,
    isExact: Bool = false, isAwaited: Bool = false, misnomers: [String] = [],
    _ summary: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isVariadic = isVariadic
    self.isExact = isExact
    self.summary = summary
    self.isAwaited = isAwaited
    self.misnomers = misnomers
  }
}
