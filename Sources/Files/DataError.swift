/// Everything that can go wrong between a file (or arrays) and a data set, with the data that
/// the wording needs. `place` names the file, and the array inside it where there is one.
/// The words are in `DataError+Wording.swift`, and nowhere else.
package enum DataError: Error, Hashable, Sendable {
  // Reaching the file.
  case missing(path: String, nearest: String? = nil)
  case isDirectory(path: String)
  case permission(path: String, writing: Bool)
  case system(operation: String, path: String, code: Int32)
  case interrupted(path: String)

  // Reading it.
  case empty(path: String)
  case truncated(place: String, part: String, expected: Int, found: Int)
  case cutShort(place: String)
  case wrongMagic(path: String, format: FileFormat, looksLike: String?)
  /// A file of another program, which nnsh does not read.
  case foreign(path: String, name: String, advice: String)
  /// A pipe or device that gives more than can be held.
  case endless(path: String, limit: Int)
  case notAFile(path: String, kind: String)
  case pickled(place: String)
  /// An object of Python's that is no tensor, number, string, list or dictionary; the whole file
  /// where `isWhole`.
  case pythonObject(place: String, name: String, isWhole: Bool)
  /// `type` says in words what stands there instead of numbers.
  case unsupportedElements(place: String, type: String)
  case malformed(place: String, format: FileFormat, reason: String)
  case claimsMore(place: String, what: String, claimed: String, held: String)
  case checksum(place: String)
  case tooLarge(place: String, needed: Int, available: Int)
  case unknownFormat(path: String, writing: Bool)
  // Reading several at once.
  case noFiles
  case noMatch(pattern: String)
  /// What holds nothing that has rows.
  case notJoined(path: String, found: String)
  case partsDiffer(path: String, found: String, first: String, expected: String)
  /// Numbers that the system cannot leave in their files.
  case notMapped(count: Int, first: String)
  /// A library that reads this form is not on the machine.
  case noLibrary(place: String, package: String)

  /// Bytes that are no UTF-8.
  case notText(place: String, line: Int)

  /// A text in JSON that is unsound, and where.
  case json(path: String, line: Int, column: Int, reason: String, advice: String? = nil)

  // Tables of text.
  case separator(path: String, line: Int, text: String)
  case raggedRow(path: String, line: Int, expected: Int, found: Int)
  case notANumber(path: String, line: Int, column: Int, text: String)
  case unclosedQuote(path: String, line: Int)
  case noRows(path: String)

  // Sets by name.
  case unknownSet(name: String, available: [String], nearest: String?)
  case notInstalled(name: String, folders: [String], package: String?)
  case incompleteSet(place: String, missing: [String])

  // Arrays that should become a data set.
  case rowCounts(place: String, rows: Int, labels: Int)
  case noExamples(place: String)
  case labelOutside(place: String, row: Int, label: Double, names: [String], classes: Int)
  case labelNotWhole(place: String, row: Int, label: Double)
  case notOneHot(place: String, row: Int)
  case classNames(names: Int, classes: Int)
  /// A column that a table lacks.
  case unknownColumn(name: String, known: [String])
  /// A column of inputs, or of what is to be predicted, in which values are missing.
  case missingValues(column: String, count: Int, isTarget: Bool)
  /// A column of text in which nearly every row differs.
  case manyTexts(column: String, count: Int, rows: Int)
  /// A table without a column besides those to predict.
  case noInputs
  /// Pictures of a data set that differ in size or channels.
  case pictureShape(path: String, found: [Int], expected: [Int], first: String)
  /// A folder that holds no pictures in folders.
  case noPictures(path: String)
  case shape(place: String, expected: String, found: String)
  case splitTooLarge(train: Int, valid: Int, test: Int, rows: Int)
  case splitNegative(part: String, count: Int)

  // Writing.
  case readOnly(path: String)
  case missingDirectory(path: String, directory: String)
  /// A file, or something else, where a folder is wanted.
  case notAFolder(path: String)
  case unsavable(value: String, format: FileFormat, advice: String)
  case pixelRange(lowest: Double, highest: Double)

  /// What the tensor library refused, in its words.
  case tensor(message: String, hint: String?)
}
