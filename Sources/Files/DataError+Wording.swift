import Syntax

extension DataError: CustomStringConvertible {
  /// The message on one line, followed by the advice.
  package var description: String {
    ([message] + suggestions).joined(separator: "; ")
  }

  /// One sentence without a full stop, as it stands after `error: `.
  package var message: String {
    switch self {
    case .missing(let path, _): "no such file: \(path)"
    case .isDirectory(let path): "\(path) is a directory, not a file"
    case .permission(let path, let writing):
      "no permission to \(writing ? "write" : "read") \(path)"
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(systemMessage(code))"
    case .interrupted(let path): "interrupted at \(path)"
    case .empty(let path): "\(path) is empty"
    case .truncated(let place, let part, let expected, let found):
      "\(place) is cut short: its \(part) needs \(plural(expected, "byte")), \(found) are left"
    case .cutShort(let place): "\(place) is cut short: its compressed data ends early"
    case .wrongMagic(let path, let format, let looksLike):
      "\(path) is not \(format.withArticle)" + (looksLike.map { ": it looks like \($0)" } ?? "")
    case .foreign(let path, let name, _): "\(path) is \(name), which nnsh does not read"
    case .endless(let path, let limit):
      "\(path) does not end: \(bytes(limit)) have been read"
    case .notAFile(let path, let kind): "\(path) is \(kind), not a file"
    case .pickled(let place): "\(place) holds pickled Python objects, which nnsh does not run"
    case .pythonObject(let place, let name, let isWhole):
      isWhole
        ? "\(place) is a saved \(name), a Python object as a whole, and nnsh runs no code of a file"
        : "\(place) holds a \(name), which takes Python's code to make, and nnsh runs none"
    case .unsupportedElements(let place, let type):
      "\(place) holds \(type), which nnsh does not read"
    case .malformed(let place, let format, let reason):
      "\(place) is not a sound \(format.name): \(reason)"
    case .claimsMore(let place, let what, let claimed, let held):
      "\(place): its \(what) claims \(claimed), but the file holds \(held)"
    case .noLibrary(let place, let package):
      "cannot read \(place): the library of Debian's package \(package) is not on this machine"
    case .json(let path, let line, let column, let reason, _):
      "\(path), line \(line), column \(column): \(reason)"
    case .notText(let place, let line): "\(place), line \(line): this is no text in UTF-8"
    case .checksum(let place): "\(place) is damaged: its checksum does not match"
    case .tooLarge(let place, let needed, let available):
      "\(place) needs \(bytes(needed)) of memory, \(bytes(available)) are free"
    case .unknownFormat(let path, let writing):
      writing
        ? "cannot tell from its name in which form to write \(path)"
        : "cannot tell what kind of file \(path) is"
    default: joiningMessage ?? tableMessage ?? setMessage
    }
  }

  private var joiningMessage: String? {
    switch self {
    case .noFiles: "there is no file to load: the list is empty"
    case .noMatch(let pattern): "no file fits \(pattern)"
    case .notJoined(let path, let found):
      "\(path) holds \(found), which has no rows to join with those of other files"
    case .partsDiffer(let path, let found, let first, let expected):
      "\(path) cannot be joined with \(first): it holds \(found), not \(expected)"
    case .notMapped(let count, let first):
      "the numbers of \(count) files, \(first) first, cannot stay where they are on this system"
    default: nil
    }
  }

  private var tableMessage: String? {
    switch self {
    case .separator(let path, let line, let text):
      "\(path), line \(line): its cells are separated by \(text), which nnsh does not read"
    case .raggedRow(let path, let line, let expected, let found):
      "\(path), line \(line): \(plural(found, "column")) where the rows before have \(expected)"
    case .notANumber(let path, let line, let column, let text):
      "\(path), line \(line), column \(column): \"\(text)\" is not a number"
    case .unclosedQuote(let path, let line):
      "\(path), line \(line): the quotation mark is never closed"
    case .noRows(let path): "\(path) holds no row of numbers"
    case .unknownSet(let name, _, _): "no data set or file named \(name)"
    case .notInstalled(let name, _, _): "the data set \(name) is not on this machine"
    case .incompleteSet(let place, let missing):
      "\(place) is no complete data set: \(missing.joined(separator: ", ")) not found"
    default: nil
    }
  }

  private var setMessage: String {
    switch self {
    case .rowCounts(let place, let rows, let labels):
      "\(place): \(plural(rows, "row")) in x, but \(labels) in y"
    case .noExamples(let place): "\(place) holds no examples"
    case .labelOutside(let place, let row, let label, let names, let classes):
      "\(place): label \(number(label)) in row \(row) is outside the \(classes) classes"
        + (names.isEmpty ? " (0…\(classes - 1))" : " \(ShownName.shortList(names))")
    case .labelNotWhole(let place, let row, let label):
      "\(place): label \(number(label)) in row \(row) is not a class number (0, 1, 2, …)"
    case .notOneHot(let place, let row):
      "\(place): row \(row) of y is not one-hot: it should hold one 1 and otherwise 0"
    case .classNames(let names, let classes):
      "\(plural(names, "class name")) given for y with \(plural(classes, "column"))"
    case .unknownColumn(let name, _): "the table has no column \(name)"
    case .missingValues(let column, let count, _):
      "\(column) has \(plural(count, "missing value"))"
    case .manyTexts(let column, let count, let rows):
      "\(column) holds \(count) different texts in \(plural(rows, "row")): no class, but a name"
    case .noInputs: "the table has no column besides those to predict"
    case .pictureShape(let path, let found, let expected, let first):
      "\(path) is \(sizes(found)), and \(first) is \(sizes(expected))"
    case .noPictures(let path):
      "\(path) holds neither data files nor folders of pictures, a folder a class"
    case .shape(let place, let expected, let found):
      "\(place) should be \(expected), but is \(found)"
    case .splitTooLarge(let train, let valid, let test, let rows):
      "cannot split \(plural(rows, "row")) into train \(train), valid \(valid), test \(test): "
        + "together \(train.addingSaturating(valid).addingSaturating(test))"
    case .splitNegative(let part, let count): "\(part)=\(count) is not a number of rows"
    case .readOnly(let path): "\(path) is read-only"
    case .notAFolder(let path): "\(path) is there, and is no folder"
    case .missingDirectory(let path, let directory):
      "cannot write \(path): there is no directory \(directory)"
    case .unsavable(let value, let format, _): "cannot save \(value) as \(format.withArticle)"
    case .pixelRange(let lowest, let highest):
      "pixels must lie between 0 and 1, these run from \(number(lowest)) to \(number(highest))"
    case .tensor(let message, _): message
    default: "the data cannot be read"
    }
  }

  /// What to do about it, each entry a line after `= `.
  package var suggestions: [String] {
    switch self {
    case .missing(let path, let nearest):
      if let nearest {
        ["did you mean \(nearest)?"]
      } else {
        path.hasPrefix("/")
          ? ["check the path"]
          : ["check the path; it is taken from the current directory"]
      }
    case .isDirectory: ["name a file inside it"]
    case .noLibrary(_, let package): ["sudo apt-get install \(package)"]
    case .json(_, _, _, _, let advice): advice.map { [$0] } ?? []
    case .permission(let path, let writing):
      ["allow it: chmod u+\(writing ? "w" : "r") \(path), or choose another place"]
    case .interrupted: ["nothing was changed"]
    case .empty, .truncated, .cutShort, .checksum:
      ["fetch or write the file again: it is incomplete"]
    case .wrongMagic(let path, _, let looksLike): adviceOnContent(looksLike, path)
    case .pythonObject(let place, _, let isWhole):
      isWhole
        ? [
          "in Python, where the model's class is, save its weights: "
            + "torch.save(model.state_dict(), \"\(place.withoutPathExtension)-weights.pt\")"
        ]
        : [
          "in Python, save tensors, numbers, strings, lists and dictionaries of these alone, as "
            + "torch.save(model.state_dict(), \"\(place.withoutPathExtension)-weights.pt\")"
        ]
    case .pickled:
      ["in Python, save plain numbers: numpy.save(path, array.astype('float32'))"]
    case .unsupportedElements:
      ["in Python, save numbers: numpy.save(path, array.astype('float32'))"]
    case .tooLarge: ["free memory, or load a part of the data"]
    case .unknownFormat(_, let writing):
      ["known endings: " + (writing ? FileFormat.writable : FileFormat.readable)]
    case .foreign(_, _, let advice): advice.split(separator: "\n").map(String.init)
    case .endless: ["save what it gives to a file, and load that"]
    case .notAFile: ["name a file"]
    case .notText(let place, _):
      ["convert it, as by iconv -f latin1 -t utf-8 \(place) > text.txt"]
    default: joiningSuggestions ?? tableSuggestions ?? setSuggestions
    }
  }

  private var joiningSuggestions: [String]? {
    switch self {
    case .noMatch:
      [
        "* is any text, ? one character, [a-c] one of these; the path is taken from the current directory"
      ]
    case .notJoined, .partsDiffer:
      ["tensors, records of tensors, and tables of one kind are joined"]
    case .notMapped: ["load them without shard=true"]
    default: nil
    }
  }

  /// What to do about a file that is not what its name says.
  private func adviceOnContent(_ looksLike: String?, _ path: String) -> [String] {
    guard let looksLike else { return ["check that its name's ending is right"] }
    if let format = FileFormat.all.first(where: { $0.withArticle == looksLike }),
      let ending = format.endings.first
    {
      return ["give it a name that ends in \(ending)"]
    }
    return ForeignFile.all.filter { $0.name == looksLike }.flatMap {
      $0.advice(for: path).split(separator: "\n").map(String.init)
    }
  }

  private var tableSuggestions: [String]? {
    switch self {
    case .separator(let path, _, let text):
      ["separate them by commas: tr '\(text)' , < \(path) > table.csv"]
    case .raggedRow(_, _, let expected, let found):
      if found == 2 * expected {
        ["are these decimal commas? then separate the cells by semicolons: 1,5;2,5"]
      } else {
        ["give each row the same number of columns; an empty cell reads as nan"]
      }
    case .notANumber(_, _, _, let text): [NumberWriting.advice(text)]
    default: nil
    }
  }

  private var setSuggestions: [String] {
    switch self {
    case .unknownSet(_, let available, let nearest):
      (nearest.map { ["did you mean \($0)?"] } ?? [])
        + ["data sets here: " + available.joined(separator: ", ")]
    case .notInstalled(let name, let folders, let package):
      (package.map { ["sudo apt-get install \($0)"] } ?? [
        "put its IDX files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
          + "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) or \(name).npz "
          + "into \(folders.first.map { "\($0)/\(name)" } ?? name)"
      ]) + (folders.isEmpty ? [] : ["looked in " + folders.joined(separator: ", ")])
    case .labelOutside(_, _, _, let names, _):
      names.isEmpty ? [] : ["name each class: names=[…], in the order of the labels 0, 1, 2, …"]
    case .unknownColumn(let name, let known):
      nearest(name, among: known, limit: 1).map { ["did you mean \($0)?"] }.first
        ?? ["it has " + known.prefix(12).joined(separator: ", ") + (known.count > 12 ? ", …" : "")]
    case .missingValues(let column, _, let isTarget):
      isTarget
        ? ["leave those rows out: missing=\"drop\""]
        : [
          "fill them by what the rows of train have: missing=\"mean\", or \"median\"; or leave out "
            + "the rows: missing=\"drop\"; or the column: remove(t, \"\(column)\")"
        ]
    case .manyTexts(let column, _, _): ["leave the column out: remove(t, \"\(column)\")"]
    case .noInputs: ["leave one more column in, or name another y"]
    case .pictureShape: ["bring all to one size, as by ImageMagick: mogrify -resize 64x64! *.png"]
    case .noPictures: ["name a file inside it, or sort the pictures into folders, one a class"]
    case .notOneHot: ["labels 0, 1, 2, … (one a row) are accepted as well"]
    case .classNames: ["give one name a class"]
    case .splitTooLarge: ["ask for fewer rows; a part left out takes what remains"]
    case .readOnly(let path): ["make it writable: chmod u+w \(path), or save under another name"]
    case .missingDirectory(_, let directory): ["make it first: mkdir -p \(directory)"]
    case .notAFolder: ["name another folder; it is made where it is missing"]
    case .unsavable(_, _, let advice): [advice]
    case .tensor(_, let hint): hint.map { [$0] } ?? []
    case .pixelRange: ["scale them: (x - min(x)) / (max(x) - min(x))"]
    default: []
    }
  }

  private func plural(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private func sizes(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: "×")
  }

  private func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String(value)
  }

  private func bytes(_ count: Int) -> String {
    let units = [(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB")]
    for (size, unit) in units where count >= size {
      let tenths = Int((Double(count) / Double(size) * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return plural(count, "byte")
  }
}
