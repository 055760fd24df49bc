using System.Globalization;
using NUnit.Framework.Internal;
using VerifyTests;

namespace VerifyNUnit;

/// <summary>The name of a test's snapshot, as Verify gives it: Class.Method_parameter=value.</summary>
internal static class SnapshotName
{
    private const string NotInFileNames = "\"\\<>|:*?/";

    public static string Of(VerifySettings settings)
    {
        if (settings.FileName is not null)
            return settings.FileName;
        Test test = TestExecutionContext.CurrentContext.CurrentTest;
        string name = $"{test.Method!.TypeInfo.Type.Name}.{test.Method.MethodInfo.Name}";
        if (settings.ParametersText is not null)
            return $"{name}_{settings.ParametersText}";
        string[] parameters =
            [.. test.Method.MethodInfo.GetParameters().Zip(test.Arguments, (parameter, value) => $"{parameter.Name}={ValueText(value)}")];
        return parameters.Length == 0 ? name : $"{name}_{string.Join('_', parameters)}";
    }

    private static string ValueText(object? value)
    {
        string text = value switch
        {
            null => "null",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "null",
        };
        return string.Concat(text.Select(c => c < ' ' || NotInFileNames.Contains(c) ? '-' : c));
    }
}
