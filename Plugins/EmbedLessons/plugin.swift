import Foundation
import PackagePlugin

/// Writes the scripts of a target's `Lessons/Scripts` folder into its code, so that a lesson is a file.
@main struct EmbedLessons: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Lessons/Scripts")
    let scripts = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "nns" }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "LessonScripts.swift")
    return [
      .buildCommand(
        displayName: "Embedding the lessons",
        executable: try context.tool(named: "embed-lessons").url,
        arguments: [output.path] + scripts.map(\.path), inputFiles: scripts,
        outputFiles: [output])
    ]
  }
}
