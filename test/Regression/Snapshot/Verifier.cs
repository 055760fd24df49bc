using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using NUnit.Framework;
using VerifyTests;

namespace VerifyNUnit;

/// <summary>
/// The part of Verify.NUnit that these tests use; -p:SnapshotEngine=Verify drops this folder and takes the package. A text is compared with
/// NAME.verified.EXT beside the test; where it differs, NAME.received.EXT is written and attached. ALIGNMENT_ACCEPT=1 accepts what is received.
/// </summary>
public static class Verifier
{
    private static readonly ConcurrentDictionary<string, byte> s_seen = new();
    private static readonly UTF8Encoding s_utf8WithMark = new(encoderShouldEmitUTF8Identifier: true);

    public static SettingsTask Verify(string? target, string extension, VerifySettings? settings = null, [CallerFilePath] string sourceFile = "") =>
        new(settings, given => Run(target ?? "null", extension, given, sourceFile));

    private static async Task Run(string target, string extension, VerifySettings settings, string sourceFile)
    {
        string text = target.ReplaceLineEndings("\n");
        string received = text.Length == 0 ? "emptyString" : text;
        string folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(sourceFile)!, settings.Directory ?? ""));
        string stem = Path.Combine(folder, SnapshotName.Of(settings));
        if (!s_seen.TryAdd($"{stem}.{extension}", 0))
            throw new VerifyException($"The prefix has already been used: {stem}. Give each case its own parameters or file name.");

        string verifiedPath = $"{stem}.verified.{extension}", receivedPath = $"{stem}.received.{extension}";
        string? verified = File.Exists(verifiedPath) ? await File.ReadAllTextAsync(verifiedPath) : null;
        if (verified?.Contains('\r') == true)
            throw new VerifyException($"{verifiedPath} has a carriage return; snapshots have line feeds only");
        Directory.CreateDirectory(folder);
        string? difference = null;
        bool accepted = received == verified;
        if (!accepted && verified is not null && settings.Comparer is { } compare)
        {
            CompareResult result = await compare(received, verified, new Dictionary<string, object>());
            (accepted, difference) = (result.IsEqual, result.Message);
        }
        if (!accepted && Environment.GetEnvironmentVariable("ALIGNMENT_ACCEPT") == "1")
        {
            await File.WriteAllTextAsync(verifiedPath, received, s_utf8WithMark);
            accepted = true;
        }
        if (accepted)
        {
            File.Delete(receivedPath);
            return;
        }
        await File.WriteAllTextAsync(receivedPath, received, s_utf8WithMark);
        TestContext.AddTestAttachment(receivedPath);
        throw new VerifyException(Message(receivedPath, verifiedPath, verified, difference ?? TextDiff.Of(verified ?? "", received)));
    }

    private static string Message(string receivedPath, string verifiedPath, string? verified, string difference) => $"""
        Directory: {Path.GetDirectoryName(receivedPath)}
        {(verified is null ? "New" : "NotEqual")}:
          - Received: {Path.GetFileName(receivedPath)}
            Verified: {Path.GetFileName(verifiedPath)}
        {difference}
        Set ALIGNMENT_ACCEPT=1 to accept what was received.
        """;
}
