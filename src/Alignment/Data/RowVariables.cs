using Alignment.Files;

namespace Alignment.Data;

/// <summary>Members of a row that chat templates would be given: passed over, the row would be learnt as another conversation than it is.</summary>
internal static class RowVariables
{
    private static readonly string[] s_names = ["tools", "chat_template_kwargs"];

    /// <summary>Refuses a row that brings any.</summary>
    /// <exception cref="RowFault">A member of such a name is not empty.</exception>
    public static void Refuse(JsonObjectReader row)
    {
        foreach (string name in s_names)
            if (row.Has(name) && !IsEmpty(row.Member(name)))
                throw new RowFault(name, $"\"{name}\" of a row is not read: take it out, and give what is the same for all rows by \"templateVariables\" in the recipe");
    }

    /// <summary>The member holds nothing; tables of text have lists and objects as JSON.</summary>
    public static bool IsEmpty(JsonMember member) => member.IsList ? member.Items().Count == 0
        : member.IsObject ? !member.Object("an object").Members.Any()
        : member.IsText && member.Read(JsonKind.Text).Trim() is "" or "[]" or "{}" or "null";
}
