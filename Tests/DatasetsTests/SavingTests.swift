import Foundation
import Tensors
import Testing

@testable import Datasets
@testable import Files

@Suite struct SavingTests {
  private func savingError(_ value: FileContents, _ path: String) -> DataError? {
    do throws(DataError) {
      try FileWriter.write(value, to: path)
      return nil
    } catch {
      return error
    }
  }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test func replacingKeepsPermissionsAndLinks() throws {
    let directory = try TemporaryDirectory()
    let value = FileContents.tensor(try tensor([1, 2], [2]))
    let path = try directory.write("old", "a.npy")
    #expect(chmod(path, 0o640) == 0)
    try FileManager.default.createSymbolicLink(
      atPath: directory["link.npy"], withDestinationPath: path)
    try FileWriter.write(value, to: directory["link.npy"])
    #expect(try mode(path) == 0o640)
    #expect(try loadTensor(path).doubles() == [1, 2])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: directory["link.npy"]) == path)
    #expect(directory.names == ["a.npy", "link.npy"])
  }

  /// A link to a file that is yet to be made, by way of another link.
  @Test func linksToNothingYetStay() throws {
    let directory = try TemporaryDirectory()
    let value = FileContents.tensor(try tensor([1, 2], [2]))
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: directory["b.npy"], withDestinationPath: "new.npy")
    try manager.createSymbolicLink(
      atPath: directory["a.npy"], withDestinationPath: directory["b.npy"])
    try FileWriter.write(value, to: directory["a.npy"])
    #expect(directory.names == ["a.npy", "b.npy", "new.npy"])
    #expect(try manager.destinationOfSymbolicLink(atPath: directory["b.npy"]) == "new.npy")
    #expect(try loadTensor(directory["new.npy"]).doubles() == [1, 2])
    try manager.createSymbolicLink(
      atPath: directory["loop.npy"], withDestinationPath: directory["loop.npy"])
    #expect(savingError(value, directory["loop.npy"]) != nil)
    try manager.createSymbolicLink(atPath: directory["c.npy"], withDestinationPath: "no/new.npy")
    #expect(savingError(value, directory["c.npy"]) != nil)
  }

  /// Killed processes leave hidden files where the file system cannot write without names.
  @Test func leftoversOfDeadProcessesGo() throws {
    let directory = try TemporaryDirectory()
    // No process has so large a number.
    let dead = ".nnsh-\(Int32.max)-1.tmp"
    let living = ".nnsh-1-1.tmp"
    for name in [dead, living, ".nnsh-x.tmp", ".nnsh-0-1.tmp", "a.tmp"] {
      _ = try directory.write("part", name)
    }
    try FileWriter.write(.tensor(try tensor([1], [1])), to: directory["a.npy"])
    #expect(
      directory.names == [".nnsh-0-1.tmp", living, ".nnsh-x.tmp", "a.npy", "a.tmp"].sorted())
  }

  @Test func aNewFileHeedsTheMask() throws {
    let directory = try TemporaryDirectory()
    try FileWriter.write(.tensor(try tensor([1], [1])), to: directory["a.npy"])
    let mask = umask(0)
    umask(mask)
    #expect(try mode(directory["a.npy"]) == 0o666 & ~Int(mask))
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("old", "a.npy")
    #expect(throws: DataError.interrupted(path: "x")) {
      try AtomicFile.write(path) { (sink) throws(DataError) in
        try sink.write([UInt8](repeating: 7, count: 1 << 20))
        throw .interrupted(path: "x")
      }
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(directory.names == ["a.npy"])
  }

  @Test func anInterruptionLeavesTheOldFile() async {
    // In a process of its own: the request to stop is one for all threads.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let path = try directory.write("old", "a.npy")
      let value = try tensor([Double](repeating: 1, count: 200_000), [200_000])
      Interrupt.request()
      #expect(throws: DataError.interrupted(path: path)) {
        try FileWriter.write(.tensor(value), to: path)
      }
      Interrupt.clear()
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      #expect(directory.names == ["a.npy"])
    }
  }

  @Test func targetsThatCannotBeWritten() throws {
    let directory = try TemporaryDirectory()
    let value = FileContents.tensor(try tensor([1, 2], [2]))
    let missing = directory["no/a.npy"]
    #expect(
      savingError(value, missing)
        == .missingDirectory(path: missing, directory: directory["no"]))
    let folder = directory["d.npy"]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    #expect(savingError(value, folder) == .isDirectory(path: folder))
    #expect(savingError(value, directory.path) == .isDirectory(path: directory.path))
    // No one may write it: refused to root as well.
    let protected = try directory.write("old", "r.npy")
    #expect(chmod(protected, 0o444) == 0)
    #expect(savingError(value, protected) == .readOnly(path: protected))
    #expect(try String(contentsOfFile: protected, encoding: .utf8) == "old")
    // Nobody can make files in /proc.
    #expect(savingError(value, "/proc/a.npy") != nil)
    #expect(directory.names == ["d.npy", "r.npy"])
  }

  @Test func aFullDiskIsReported() throws {
    let value = FileContents.tensor(try tensor([1, 2], [2]))
    guard case .system(_, let path, let code) = savingError(value, "/dev/full") else {
      Issue.record("no error")
      return
    }
    #expect(path == "/dev/full" && code == ENOSPC)
  }

  @Test func endingsDecide() throws {
    let directory = try TemporaryDirectory()
    let value = FileContents.tensor(try tensor([1, 2], [2]))
    for name in ["a", "a.npy.gz", "a.unknown"] {
      guard case .unknownFormat = savingError(value, directory[name]) else {
        Issue.record("\(name) was written")
        continue
      }
    }
    // What is read and not written.
    for name in ["a.jpg", "a.idx", "a.pt"] {
      guard case .unsavable(_, _, let advice) = savingError(value, directory[name]) else {
        Issue.record("\(name) was written")
        continue
      }
      #expect(advice.contains(".npy"))
    }
    guard case .unsavable = savingError(.parameters([], notes: [:]), directory["a.csv"]) else {
      Issue.record("a network was written as a table")
      return
    }
    try FileWriter.write(value, to: directory["a.npz"])
    #expect(try loadTensors(directory["a.npz"])["arr_0"]?.doubles() == [1, 2])
    #expect(directory.names == ["a.npz"])
  }

  @Test func unzipAcceptsWhatIsWritten() throws {
    let unzip = Process()
    let directory = try TemporaryDirectory()
    try FileWriter.write(
      .record([NamedTensor(name: "a", tensor: try tensor([1, 2, 3, 4], [2, 2]))]),
      to: directory["a.npz"])
    unzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    unzip.arguments = ["unzip", "-tq", directory["a.npz"]]
    unzip.standardOutput = FileHandle.nullDevice
    unzip.standardError = FileHandle.nullDevice
    try unzip.run()
    unzip.waitUntilExit()
    // 127: there is no unzip here.
    #expect(unzip.terminationStatus == 0 || unzip.terminationStatus == 127)
  }
}
