import Console
import Datasets
import Files
import Language
import Library
import Networks
import Platform
import Tensors

extension Command {
  /// Reading and writing files.
  static let data: [Command] = [load, save]

  static let load = Command(
    "load", "loads a data set by its name, or a file",
    details: """
      The data set `letters` comes with nnsh; others, as `fashion` and `mnist`, are looked for in \
      $NNSH_DATA, $XDG_DATA_HOME/nnsh and /usr/share/datasets. The file extension \
      decides what a file is: \(FileFormat.readable). What is loaded gets NAME, or its own name. An image is H×W, with colours H×W×3, in 0…1; transparency is one channel \
      more. A CSV file whose first row holds names gives a table; its cells are separated by , ; tab \
      or spaces. JSON gives records and lists. A folder with a folder of pictures for each class is \
      a data set. A formula makes \(FormulaSet.names.joined(separator: ", ")): points of the \
      plane in classes, sine a noisy curve. `-` is standard input, by its content; a name that no file has may be a \
      variable that holds the path, as `args[0]` is one. Several files, `"parts/*.npy"` (in the order of \
      their numbers) or `["a.npy", "b.npy"]`, are joined row by row. What is loaded is told on \
      standard error.
      """,
    arguments: [
      .slot("source", .path, "a data set's name, a file's path, or several paths"),
      .slot("name", after: "as", .topic, default: .computed("its own"), "the variable's name"),
      .option(
        "n", .integer, default: .number(Double(FormulaSet.usualCount)),
        "of a set that a formula makes: how many examples"),
      .option(
        "noise", .number, default: .computed("the set's own"),
        "of such a set: the noise's standard deviation"),
      .option(
        "shard", .bool, default: .bool(false), misnomers: ["mmap", "mmap_mode", "lazy"],
        "leaves the numbers of .npy and .safetensors in the file, to be read when they are used: "
          + "they may be more than memory holds, and each rank reads the rows that it computes"),
    ],
    examples: [
      .init("load letters\nlen(letters.train.x)", "10000"),
      .init("load letters as data\ndata.train.x.shape", nil),
    ],
    seeAlso: ["save", "dataset", "split"]
  ) { context in
    let files = try context.loadSource("source")
    let source = files.name
    let name = try context.word("name") ?? files.bindingName
    let isMapped = try context.bool("shard") ?? false
    let loaded = try context.load(files, isMapped: isMapped)
    if isMapped { try context.requireMapped(loaded, source) }
    if case .file(.parameters(let tensors, let notes, _)) = loaded, SessionFile.isSession(notes) {
      try context.loadSession(tensors, notes, as: name)
      return nil
    }
    let binding = try LoadedBinding(loaded, source: source, name: name, on: context.machine)
    try context.define(binding.name, binding.value)
    context.note(binding.summary)
    if let place = binding.place {
      context.note("its training stands \(place): train \(binding.name) goes on")
    }
    if let omitted = binding.omitted {
      context.note(
        NetworkFile.holdsTraining(source)
          ? "\(source) holds all but \(omitted)"
          : "\(source) holds the weights alone, not \(omitted): training \(binding.name) starts afresh"
      )
    }
    RescuedNetworks.markTold(source)
    for remark in binding.remarks { context.note(remark.message) }
    return nil
  }

  static let save = Command(
    "save", "writes a value to a file",
    details: """
      The form follows the ending: a network or a record of tensors goes to \
      \(FileFormat.writable(holding: .parameters)), a network also to \
      \(FileFormat.writable(holding: .model)), a tensor, number or list of numbers to \
      \(FileFormat.writable(holding: .tensor)), a table to \(FileFormat.writable(holding: .table)), a string to \(FileFormat.writable(holding: .text)), an image to .png among them. \
      .nnsh keeps every value, functions and optimizers among them. \
      \(FileFormat.writable(holding: .tree)) take lists and records of all these, of truth values and none, however nested; in JSON lines each element of a list has a line. The file \
      is written beside its place and renamed, so that it is never half there.
      """,
    arguments: [
      .slot("value", .any, words: [sessionWord], "what to write; session for all variables"),
      .slot("path", after: "to", .path, "the file"),
    ],
    examples: [
      .init("save [1, 2, 3] to /tmp/numbers.npy\nload /tmp/numbers.npy", nil),
      .init(
        "save {rate: 0.1, sizes: [784, 10]} to \"/tmp/settings.json\"\nload \"/tmp/settings.json\"\nsettings.sizes",
        "[784, 10]"),
    ],
    seeAlso: ["load"]
  ) { context in
    let path = try context.requiredWord("path")
    if case .word? = context.command.first("value"),
      !context.machine.globals.isUserDefined(sessionWord)
    {
      try context.saveSession(to: path)
      return nil
    }
    let value = try context.savedValue()
    if case .network(let box) = value, box.content.network.elementType == .f64,
      FileFormat.announced(by: path)?.holds.contains(.model) ?? false
    {
      context.note("its Float64 weights are written as Float32")
    }
    let isDataSet = if case .dataSet = value { true } else { false }
    try FileWriter.write(
      try context.contents(of: value, path), calledBy: isDataSet ? "a data set" : nil, to: path)
    if case .network(let box) = value,
      let omitted = NetworkFile.omissions(
        of: box.content.network, withTraining: NetworkFile.holdsTraining(path))
    {
      context.note(
        NetworkFile.holdsTraining(path)
          ? "\(path) holds all but \(omitted)"
          : "\(path) holds the weights alone, not \(omitted)")
    }
    return nil
  }
}

/// What `save` takes in place of a value: all variables.
private let sessionWord = "session"

extension CommandContext {
  /// The value to save, where `session` may be a variable's name.
  fileprivate func savedValue() throws -> Value {
    if case .word(let word, _)? = command.first("value") { return machine.globals[word] ?? .none }
    return try requiredValue("value")
  }

  /// Writes all variables to a file.
  fileprivate func saveSession(to path: String) throws {
    guard NetworkFile.holdsTraining(path) else {
      throw RuntimeError.other(
        "a session goes to a file that ends in .nnsh, and \(path) does not", hint: nil)
    }
    let variables = machine.globals.userDefined.filter { $0.name != "args" }
    let (contents, leftOut) = try SessionFile.contents(
      of: variables, machine.random)
    try FileWriter.write(contents, calledBy: "a session", to: path)
    for (name, reason) in leftOut { note("\(name) is left out: \(reason)") }
  }

  /// Gives the variables of a file's session, or a record of them a name.
  fileprivate func loadSession(
    _ tensors: [NamedTensor], _ notes: [String: String], as name: String?
  ) throws {
    let variables = try SessionFile.variables(from: tensors, notes: notes, on: machine)
    if let name {
      try define(name, .fields(variables.map { ($0.name, $0.value) }))
    } else {
      for (name, value) in variables { try define(name, value) }
      if let generator = SessionFile.generator(in: notes) { machine.random.generator = generator }
    }
    session.loadedMinimization = MinimizeCheckpoint(from: tensors, notes: notes)
    let names = variables.map(\.name)
    note(
      "\(names.count) variable\(names.count == 1 ? "" : "s"): "
        + (names.count > 12 ? names.prefix(10) + ["…"] : names[...]).joined(separator: ", "))
    if let minimization = session.loadedMinimization {
      note("its minimize stands \(minimization.place): minimize goes on")
    }
  }

  /// The form in which a value goes into a file.
  fileprivate func contents(of value: Value, _ path: String) throws -> FileContents {
    if let format = FileFormat.announced(by: path), format.holds.contains(.tree) {
      return .tree(try NestedValue(value, for: format))
    }
    if NetworkFile.holdsTraining(path) {
      switch value {
      case .network, .dataSet: break
      default: return try SessionFile.contents(of: value)
      }
    }
    switch value {
    case .network(let box):
      return try NetworkFile.contents(of: box.content.network, for: path)
    case .dataSet(let box): return box.content.fileContents
    case .string(let box): return .text(box.content)
    case .table(let box): return .table(box.content.fileColumns)
    case .record(let box):
      return .record(
        try zip(box.content.names, box.content.values).map { name, value in
          guard let tensor = try value.asTensor() else {
            throw RuntimeError.other(
              "cannot save a record whose field \(name) is a \(value.kindName)",
              hint: "its fields must be tensors or numbers; all kinds go to .nnsh, and to "
                + FileFormat.writable(holding: .tree))
          }
          return NamedTensor(name: name, tensor: tensor)
        })
    default:
      if let tensor = try value.asTensor() { return .tensor(tensor) }
      guard case .list = value else {
        throw mismatch(
          "value", "a network, tensor, number, string, table, list or record", value)
      }
      return .tree(try NestedValue(value, for: .json))
    }
  }
}
