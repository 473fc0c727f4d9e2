import Foundation
import Synchronization

/// The nnsh binary of the build that the tests belong to.
public enum NNSH {
  /// What a run left behind.
  public struct Outcome: Sendable {
    /// Standard output.
    public let output: String
    /// Standard error.
    public let errors: String
    /// The exit code, or 128 and the signal's number.
    public let code: Int32
  }

  /// The shell; what `NNSH_UNDER_TEST` names where that is set.
  public static let path =
    ProcessInfo.processInfo.environment["NNSH_UNDER_TEST"] ?? built("nnsh")
  /// What makes inputs for it: see `Tests/Fuzz`.
  public static let fuzzer = built("nnsh-fuzz")

  /// Where a binary was built: tests lie in the same folder.
  package static func built(_ name: String) -> String {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    var folder = tests.deletingLastPathComponent()
    for _ in 0..<5 {
      let candidate = folder.appendingPathComponent(name).path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder),
        !isFolder.boolValue
      {
        return candidate
      }
      folder = folder.deletingLastPathComponent()
    }
    return name
  }

  /// The environment of a user without settings, in a home folder of its own.
  public static func environment(home: String) -> [String: String] {
    // What sanitizers are told, and what processor the libraries take this one for, holds for the
    // binary too.
    let processor = ["NNSH_KERNELS", "OPENBLAS_CORETYPE", "ONEDNN_MAX_CPU_ISA"]
    let given = ProcessInfo.processInfo.environment.filter { name, _ in
      name.hasSuffix("SAN_OPTIONS") || processor.contains(name)
    }
    return given.merging([
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home,
      "XDG_STATE_HOME": home + "/state", "XDG_CONFIG_HOME": home + "/config",
      "XDG_DATA_HOME": home + "/data", "LANG": "C.UTF-8", "TERM": "dumb",
      "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
      // Idle threads sleep: tests run side by side on few processors.
      "SWIFT_BACKTRACE": "enable=no", "OMP_WAIT_POLICY": "passive",
    ]) { $1 }
  }

  /// Seconds after which what a test waits for is taken never to come. Tests run side by side, and
  /// machines stall: only a test that fails waits so long.
  package static let patience = 90.0

  /// Looks again and again until something is so.
  ///
  /// - Returns: whether it came to be so.
  @discardableResult
  package static func wait(until isTrue: () -> Bool) -> Bool {
    let deadline = Date().addingTimeInterval(patience)
    while !isTrue() {
      guard Date() < deadline else { return false }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return true
  }

  /// A new folder that is the caller's own.
  public static func temporaryFolder() throws -> String {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("nnsh-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    _ = removal
    temporaryFolders.withLock { _ = $0.insert(url.path) }
    return url.path
  }

  /// Removes such a folder before the tests end, where there are many of them.
  public static func removeTemporaryFolder(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
    temporaryFolders.withLock { _ = $0.remove(path) }
  }

  private static let temporaryFolders = Mutex<Set<String>>([])
  /// Has the folders removed when the tests end.
  private static let removal: Void = {
    atexit {
      for path in NNSH.temporaryFolders.withLock({ $0 }) {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }()

  /// Runs a binary to its end.
  ///
  /// - Parameters:
  ///   - arguments: the words after the program's name.
  ///   - input: what stands on standard input.
  ///   - environment: added to that of a user without settings.
  ///   - folder: the working directory.
  ///   - home: the home folder; a new one where left out.
  ///   - program: another binary than the shell.
  public static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in folder: String? = nil, home: String? = nil, program: String = path
  ) throws -> Outcome {
    let home = try home ?? temporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = self.environment(home: home).merging(environment) { $1 }
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    // Files, not pipes: no run can block on what nobody reads yet.
    let files = try (0..<3).map { number in
      let file = "\(home)/stream\(number)-\(UUID().uuidString)"
      try Data(number == 0 ? Array(input.utf8) : []).write(to: URL(fileURLWithPath: file))
      return file
    }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: files[0]))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[2]))
    try process.run()
    process.waitUntilExit()
    func text(_ file: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    }
    let code =
      process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
    let outcome = Outcome(output: try text(files[1]), errors: try text(files[2]), code: code)
    for file in files { try FileManager.default.removeItem(atPath: file) }
    return outcome
  }

  /// Runs code by `-c`.
  public static func run(code: String, _ arguments: [String] = []) throws -> Outcome {
    try run(["-q", "-c", code] + arguments)
  }
}
