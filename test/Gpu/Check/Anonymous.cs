using System.Text.RegularExpressions;

namespace Alignment.Tests.Gpu.Check;

/// <summary>Text that goes to others: without the names of user and machine, and of a path its last part alone.</summary>
internal static partial class Anonymous
{
    /// <summary>The text without them.</summary>
    public static string Text(string text) => Text(text, Environment.UserName, Environment.MachineName);

    /// <summary>The text without these names.</summary>
    public static string Text(string text, string user, string machine)
    {
        text = Folders().Replace(text, "…/");
        foreach ((string name, string by) in new[] { (machine, "MACHINE"), (user, "USER") })
            if (name.Length > 0)
                text = Regex.Replace(text, $@"(?<!\w){Regex.Escape(name)}(?!\w)", by, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);
        return text;
    }

    // the folders of an absolute path
    [GeneratedRegex(@"(?<![\w/.…])/(?:[^\s/:""'<>|]+/)+")]
    private static partial Regex Folders();
}
